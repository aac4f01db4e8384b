"""Weights from S3, and how they came there: every request was signed so that botocore signs it the same."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from m2m.aws import Aws
from m2m.hub import VALID_TOKEN, HubState
from m2m.machine import MODEL, REVISION, Machine, until
from m2m.models import NEEDED, model_files, stage_by_hand

MIB = 1 << 20
SHARD = "model-00001-of-00002.safetensors"
LEAST_PARTS = ("--part-bytes", str(5 * MIB))


@pytest.fixture
def in_aws(machine: Machine, aws: Aws) -> Machine:
    machine.environment |= aws.environment()
    machine.secrets += aws.secrets
    return machine


def from_s3(machine: Machine, prefix: str) -> dict[str, object]:
    weights = {"directory": str(machine.directory()), "source": f"s3://models/{prefix}"}
    return machine.launch(weights=weights)


def stage(prefix: str, **changes: object) -> dict[str, object]:
    return {"model": MODEL, "revision": REVISION, "target": f"s3://models/{prefix}", **changes}


def test_weights_come_from_the_bucket_and_the_hub_is_not_asked(
    in_aws: Machine, aws: Aws, hub: HubState
) -> None:
    stage_by_hand(aws, "s3/by-hand")
    result = in_aws.run(from_s3(in_aws, "s3/by-hand"), "--part-bytes", str(MIB))
    assert result.code == 0, result.lines
    files = model_files()
    assert all((in_aws.directory() / name).read_bytes() == files[name] for name in NEEDED)
    assert hub.asked == []
    assert result.said("fetching from s3://models/s3/by-hand/")


def test_an_engine_that_streams_gets_the_place(in_aws: Machine, aws: Aws) -> None:
    stage_by_hand(aws, "s3/streamed")
    weights = {"directory": None, "source": "s3://models/s3/streamed"}
    arguments = {"load-format": "runai_streamer"}
    result = in_aws.run(in_aws.launch(weights=weights, arguments=arguments))
    assert result.code == 0, result.lines
    assert json.loads(str(result.engine["config"]))["model"] == "s3://models/s3/streamed/"
    environment = result.engine["environment"]
    assert isinstance(environment, dict)
    assert "HF_HUB_OFFLINE" not in environment
    assert environment["AWS_ACCESS_KEY_ID"]
    aws.delete("s3/streamed/manifest.json")
    assert in_aws.run(in_aws.launch(weights=weights, arguments=arguments)).code == 66


def test_what_is_staged_can_be_served(in_aws: Machine, aws: Aws, hub: HubState) -> None:
    hub.repositories[MODEL].gated = True
    in_aws.secrets.append(VALID_TOKEN)
    token = in_aws.folder / "token"
    token.write_text(VALID_TOKEN)
    result = in_aws.run(stage("s3/staged"), package="stage", HF_TOKEN_PATH=str(token))
    assert result.code == 0, result.lines
    files = model_files()
    for name in NEEDED:
        assert aws.get(f"s3/staged/{name}") == files[name]
    assert aws.get("s3/staged/README.md") is None
    assert in_aws.run(from_s3(in_aws, "s3/staged")).code == 0


def test_staging_again_does_nothing(in_aws: Machine, aws: Aws, hub: HubState) -> None:
    assert in_aws.run(stage("s3/twice"), package="stage").code == 0
    hub.asked.clear()
    before = aws.requests("PUT", "s3/twice")
    result = in_aws.run(stage("s3/twice"), package="stage")
    assert result.said("nothing to do")
    assert aws.requests("PUT", "s3/twice") == before
    assert hub.asked == []
    # Neither with no pinned revision: what is staged stays.
    hub.repositories[MODEL].revision = "d" * 40
    result = in_aws.run(stage("s3/twice", revision=None, allowUnpinned=True), package="stage")
    assert result.said("nothing to do")


def test_what_was_lost_is_staged_again(in_aws: Machine, aws: Aws) -> None:
    assert in_aws.run(stage("s3/lost"), package="stage").code == 0
    aws.delete(f"s3/lost/{SHARD}")
    aws.put("s3/lost/config.json", b'{"model_type": "gpt2"}\n')
    before = aws.requests("PUT", "s3/lost")
    assert in_aws.run(stage("s3/lost"), package="stage").code == 0
    assert aws.get(f"s3/lost/{SHARD}") == model_files()[SHARD]
    assert aws.get("s3/lost/config.json") == model_files()["config.json"]
    assert aws.requests("PUT", "s3/lost") == before + 3, "the two, and the manifest"


def test_without_a_revision_the_newest_is_staged_where_that_is_allowed(in_aws: Machine, aws: Aws) -> None:
    result = in_aws.run(stage("s3/newest", revision=None, allowUnpinned=True), package="stage")
    assert result.said("no revision is pinned")
    manifest = json.loads(aws.get("s3/newest/manifest.json") or b"")
    assert manifest["revision"] == REVISION


def test_staging_that_was_killed_goes_on(in_aws: Machine, aws: Aws, hub: HubState) -> None:
    hub.repositories[MODEL].files = model_files(size=12 * MIB)
    hub.held = {(SHARD, 10 * MIB)}
    process = in_aws.start(in_aws.command("stage", stage("s3/killed"), *LEAST_PARTS))
    until(lambda: 10 * MIB in hub.fetched(SHARD))
    process.send_signal(signal.SIGKILL)
    in_aws.end(process)
    assert aws.get(f"s3/killed/{SHARD}") is None, "an upload that didn't end is invisible"
    assert aws.get("s3/killed/manifest.json") is None
    hub.held.clear()
    hub.let_go.set()
    part = f"/models/s3/killed/{SHARD}?partNumber="
    assert aws.requests("PUT", part) == 2
    result = in_aws.run(stage("s3/killed"), *LEAST_PARTS, package="stage")
    assert result.code == 0, result.lines
    assert result.said("going on with an upload that was cut off")[0]["parts"] == 2
    assert aws.requests("PUT", part) == 3, "parts that S3 has aren't sent again"
    assert aws.get(f"s3/killed/{SHARD}") == model_files(size=12 * MIB)[SHARD]


def test_an_upload_of_other_bytes_is_sent_again(in_aws: Machine, aws: Aws, hub: HubState) -> None:
    hub.repositories[MODEL].files = model_files(size=12 * MIB)
    hub.damaged = {SHARD: 1}
    assert in_aws.run(stage("s3/other"), *LEAST_PARTS, package="stage").code == 65
    assert aws.requests("DELETE", f"s3/other/{SHARD}?uploadId=") == 1, "thrown away"
    assert in_aws.run(stage("s3/other"), *LEAST_PARTS, package="stage").code == 0
    assert aws.get(f"s3/other/{SHARD}") == model_files(size=12 * MIB)[SHARD]


def test_keys_of_any_characters_are_signed_right(aws: Aws) -> None:
    key = "s3/a b+c=d&e~f/(g)'h!/ü.json"
    aws.put(key, b"{}")
    assert aws.get(key) == b"{}"


@contextmanager
def running_sts(keys: dict[str, str]) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """STS, which moto doesn't let anybody ask without a signature: AssumeRoleWithWebIdentity has none."""
    asked: list[dict[str, list[str]]] = []

    class Sts(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            text = (
                '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
                "<AssumeRoleWithWebIdentityResult><Credentials>"
                f"<AccessKeyId>{keys['AWS_ACCESS_KEY_ID']}</AccessKeyId>"
                f"<SecretAccessKey>{keys['AWS_SECRET_ACCESS_KEY']}</SecretAccessKey>"
                f"<SessionToken>{keys['AWS_SESSION_TOKEN']}</SessionToken>"
                "<Expiration>2199-01-01T00:00:00Z</Expiration>"
                "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sts)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_credentials_of_a_web_identity(machine: Machine, aws: Aws) -> None:
    stage_by_hand(aws, "s3/irsa")
    machine.secrets += [*aws.secrets, "header.payload.signature"]
    token = machine.folder / "token"
    token.write_text("header.payload.signature")
    role = "arn:aws:iam::123456789012:role/models"
    with running_sts(aws.keys["role"]) as (url, asked):
        result = machine.run(
            from_s3(machine, "s3/irsa"),
            AWS_ENDPOINT_URL_S3=aws.url,
            AWS_ENDPOINT_URL_STS=url,
            AWS_REGION="us-east-1",
            AWS_ROLE_ARN=role,
            AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
        )
    assert result.code == 0, result.failure
    assert [(each["RoleArn"], each["WebIdentityToken"]) for each in asked] == [
        ([role], ["header.payload.signature"])
    ]
