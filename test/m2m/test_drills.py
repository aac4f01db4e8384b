"""Starts that end early: each message goes on docs/serving/messages.md, which the last test compares."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from m2m.aws import POD_TOKEN, Aws, running_agent
from m2m.hub import STRANGER, HubState
from m2m.machine import L4, MODEL, REVISION, Machine
from m2m.messages import PAGE, Page
from m2m.models import model_files, stage_by_hand

PREFIX = "drills/tiny"
IN_S3 = f"s3://models/{PREFIX}"


@pytest.fixture
def staged(aws: Aws) -> Iterator[Aws]:
    stage_by_hand(aws, PREFIX)
    yield aws
    aws.delete(f"{PREFIX}/manifest.json")


def weights(machine: Machine, source: str = IN_S3, **more: object) -> dict[str, object]:
    return {"directory": str(machine.directory()), "source": source, **more}


def nothing_is_taken_for_the_model(machine: Machine, *, partial: bool = False) -> None:
    """No directory of that name, and no half of it but what a later start goes on with."""
    assert not machine.directory().exists()
    assert (machine.models / ".m2m" / "partial" / "tiny").exists() is partial


def test_every_fault_of_launch_json(machine: Machine, page: Page) -> None:
    launch = {
        "model": "tiny",
        "revision": "main",
        "engine": "ollama",
        "weights": {"directory": "models/tiny", "source": "s3://models", "token": "hf_oops"},
        "hardware": {"gpus": -1, "gpuMemoryMiB": "22888", "computeCapability": 8.9},
        "arguments": {
            "--max-model-len": 4096,
            "model": "acme/other",
            "api-key": "sk-must-not-be-shown",
            "seed": None,
        },
        "replicas": 2,
    }
    failure = page.add("launch.json has faults", machine.run(launch), machine)
    assert failure["exitCode"] == 2
    assert isinstance(failure["faults"], list)
    assert [fault["path"] for fault in failure["faults"]] == [
        *("model", "revision", "engine"),
        *("weights.directory", "weights.source", "weights.token"),
        *("hardware.computeCapability", "hardware.gpus", "hardware.gpuMemoryMiB"),
        *("arguments.--max-model-len", "arguments.model", "arguments.api-key", "arguments.seed"),
        "replicas",
    ]
    assert "sk-must-not-be-shown" not in json.dumps(failure)


def test_streaming_takes_vllm_and_s3(machine: Machine, page: Page) -> None:
    launch = machine.launch(weights={"directory": None, "source": "hub"})
    result = machine.run(launch)
    assert page.add("The hub can't be streamed from", result, machine)["exitCode"] == 2
    arguments = {"load-format": "runai_streamer"}
    result = machine.run(machine.launch(arguments=arguments))
    assert page.add("A streamer doesn't read from a directory", result, machine)["exitCode"] == 2


def test_no_launch_json(machine: Machine, page: Page) -> None:
    command = machine.command("entrypoint", {})
    (machine.folder / "launch.json").unlink()
    result = machine.end(machine.start(command))
    assert page.add("launch.json isn't mounted", result, machine)["exitCode"] == 2
    result = machine.run('{"model": ')
    assert page.add("launch.json is no JSON", result, machine)["exitCode"] == 2
    result = machine.run("[]")
    assert page.add("launch.json is no object", result, machine)["exitCode"] == 2


def test_the_wrong_image(machine: Machine, page: Page) -> None:
    result = machine.run(machine.launch(engine="tgi"), PATH=str(machine.folder / "empty"))
    assert page.add("The image doesn't have the engine", result, machine)["exitCode"] == 127


def test_gpus(machine: Machine, page: Page, hub: HubState) -> None:
    needed = {"gpus": 2, "gpuMemoryMiB": 45776, "computeCapability": "8.9"}
    launch = machine.launch(hardware=needed)
    for title, cards in (
        ("Too few GPUs", [L4]),
        ("GPU too small", ["NVIDIA L40S, 46068, 8.9", L4]),
        ("GPU too old", ["NVIDIA A100-SXM4-80GB, 81920, 8.0"] * 2),
    ):
        machine.gpus(cards)
        assert page.add(title, machine.run(launch), machine)["exitCode"] == 71
    machine.gpus(["Unable to determine the device handle for GPU0: Unknown Error"], code=15)
    assert page.add("The GPU is lost", machine.run(launch), machine)["exitCode"] == 71
    (machine.bin / "nvidia-smi").unlink()
    assert page.add("No GPU at all", machine.run(launch), machine)["exitCode"] == 71
    assert hub.asked == [], "GPUs are checked before anything is fetched"


def test_a_little_less_memory_than_the_plan_says_is_no_other_gpu(machine: Machine) -> None:
    machine.gpus(["NVIDIA H100 80GB HBM3, 81559, 9.0"])
    needed = {"gpus": 1, "gpuMemoryMiB": 81920, "computeCapability": "9.0"}
    assert machine.run(machine.launch(hardware=needed)).code == 0
    machine.gpus(["NVIDIA A100 80GB, 80000, 9.0"])
    assert machine.run(machine.launch(hardware=needed)).code == 71


def test_gated_models(machine: Machine, page: Page, hub: HubState) -> None:
    hub.repositories[MODEL].gated = True
    launch = machine.launch(weights=weights(machine, "hub", tokenSecret="serving/hugging-face"))
    result = machine.run(launch)
    assert page.add("A gated model without a token", result, machine)["exitCode"] == 77
    nothing_is_taken_for_the_model(machine)
    machine.secrets.append(STRANGER)
    result = machine.run(launch, HF_TOKEN=STRANGER)
    assert (
        page.add("A gated model with a token of somebody without access", result, machine)["exitCode"] == 77
    )
    nothing_is_taken_for_the_model(machine)
    result = machine.run(launch, HF_TOKEN_PATH=str(machine.folder / "token"))
    assert page.add("The token's file isn't mounted", result, machine)["exitCode"] == 77


def test_what_the_hub_does_not_have(machine: Machine, page: Page, hub: HubState) -> None:
    result = machine.run(machine.launch(model="acme/unknown"))
    assert page.add("A model that the hub doesn't have", result, machine)["exitCode"] == 77
    result = machine.run(machine.launch(revision="a" * 40))
    assert page.add("A revision that the hub doesn't have", result, machine)["exitCode"] == 66
    files = hub.repositories[MODEL].files
    hub.repositories[MODEL].files = {"config.json": b"{}", "tiny.Q4_K_M.gguf": b"GGUF" * 2000}
    result = machine.run(machine.launch())
    assert page.add("Weights in a format that the engine doesn't load", result, machine)["exitCode"] == 66
    del files["config.json"]
    hub.repositories[MODEL].files = files
    result = machine.run(machine.launch())
    assert page.add("Only an adapter", result, machine)["exitCode"] == 66


def test_a_hub_that_is_away(machine: Machine, page: Page) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        result = machine.run(machine.launch(), HF_ENDPOINT=f"http://127.0.0.1:{port}")
    assert page.add("The hub can't be reached", result, machine)["exitCode"] == 69
    assert len(result.said("trying again")) == 2


def test_wrong_bytes_from_the_hub(machine: Machine, page: Page, hub: HubState) -> None:
    hub.damaged["model-00001-of-00002.safetensors"] = 100
    result = machine.run(machine.launch())
    assert page.add("Wrong bytes, again and again", result, machine)["exitCode"] == 65
    nothing_is_taken_for_the_model(machine)


def test_weights_that_were_not_staged(machine: Machine, page: Page, aws: Aws) -> None:
    machine.environment |= aws.environment()
    machine.secrets += aws.secrets
    launch = machine.launch(weights=weights(machine, "s3://models/drills/nothing"))
    result = machine.run(launch)
    assert page.add("The weights weren't staged", result, machine)["exitCode"] == 66
    nothing_is_taken_for_the_model(machine)
    result = machine.run(machine.launch(weights=weights(machine, "s3://no-such-bucket/tiny")))
    assert page.add("There is no such bucket", result, machine)["exitCode"] == 66


def test_what_is_wrong_in_the_bucket(machine: Machine, page: Page, staged: Aws) -> None:
    machine.environment |= staged.environment()
    shard = f"{PREFIX}/model-00002-of-00002.safetensors"
    whole = staged.get(shard)
    assert whole is not None
    launch = machine.launch(weights=weights(machine))
    staged.put(shard, bytes([whole[0] ^ 1]) + whole[1:])
    result = machine.run(launch)
    assert page.add("A damaged object in the bucket", result, machine)["exitCode"] == 65
    nothing_is_taken_for_the_model(machine)
    staged.delete(shard)
    result = machine.run(launch)
    assert page.add("An object was deleted from the bucket", result, machine)["exitCode"] == 66
    nothing_is_taken_for_the_model(machine)
    result = machine.run({**launch, "revision": "b" * 40})
    assert page.add("The bucket has another revision", result, machine)["exitCode"] == 66
    result = machine.run({**launch, "model": "acme/other"})
    assert page.add("The bucket has another model", result, machine)["exitCode"] == 66
    manifest = staged.get(f"{PREFIX}/manifest.json") or b""
    staged.put(f"{PREFIX}/manifest.json", manifest.replace(b'"config.json"', b'"../config.json"'))
    result = machine.run(launch)
    assert page.add("A manifest that names files outside", result, machine)["exitCode"] == 65
    staged.put(f"{PREFIX}/manifest.json", manifest[:200])
    result = machine.run(launch)
    assert page.add("A manifest that is cut off", result, machine)["exitCode"] == 65


def test_rights_in_aws(machine: Machine, page: Page, staged: Aws) -> None:
    machine.secrets += staged.secrets
    launch = machine.launch(weights=weights(machine))
    anonymous = {"AWS_ENDPOINT_URL": staged.url}
    result = machine.run(launch, **anonymous)
    assert page.add("The pod has no AWS credentials", result, machine)["exitCode"] == 77
    result = machine.run(launch, **staged.environment("stranger"))
    assert page.add("The role may not read the bucket", result, machine)["exitCode"] == 77
    key = {**staged.environment(), "AWS_SECRET_ACCESS_KEY": "not-the-secret-of-that-key"}
    result = machine.run(launch, **key)
    assert "SignatureDoesNotMatch" in str(result.failure["message"]), "moto checks signatures"
    token = machine.folder / "pod-token"
    token.write_text("somebody-else-s-token")
    with running_agent(staged.keys["role"]) as (url, _):
        pod = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
        }
        result = machine.run(launch, **anonymous, **pod)
        title = "EKS Pod Identity doesn't know the service account"
        assert page.add(title, result, machine)["exitCode"] == 77
    pod["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://credentials.example.com/mine"
    result = machine.run(launch, **anonymous, **pod)
    assert page.add("Credentials from somewhere else", result, machine)["exitCode"] == 77
    nothing_is_taken_for_the_model(machine)


def test_credentials_of_eks_pod_identity(machine: Machine, staged: Aws) -> None:
    machine.secrets += staged.secrets
    token = machine.folder / "pod-token"
    token.write_text(f"{POD_TOKEN}\n")
    with running_agent(staged.keys["role"]) as (url, asked):
        result = machine.run(
            machine.launch(weights=weights(machine)),
            AWS_ENDPOINT_URL=staged.url,
            AWS_CONTAINER_CREDENTIALS_FULL_URI=url,
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token),
        )
    assert result.code == 0, result.failure
    assert asked == [POD_TOKEN], "asked once, and kept"


def test_a_disk_that_is_full(machine: Machine, page: Page, small_disk: Path, hub: HubState) -> None:
    hub.repositories[MODEL].files = model_files(size=6 << 20)
    result = machine.run(machine.launch())
    failure = page.add("The disk is too small", result, machine)
    assert failure["exitCode"] == 73
    assert "9.1 MiB are needed" in str(failure["message"])
    nothing_is_taken_for_the_model(machine)


def test_directories_that_are_not_ours(machine: Machine, page: Page) -> None:
    machine.directory().mkdir()
    (machine.directory() / "model.safetensors").write_bytes(b"?")
    result = machine.run(machine.launch())
    assert page.add("A directory that somebody else filled", result, machine)["exitCode"] == 66
    assert (machine.directory() / "model.safetensors").exists()
    assert machine.run(machine.launch("other")).code == 0
    machine.directory("other").rename(machine.directory("mine"))
    result = machine.run(machine.launch("mine", model="acme/other"))
    assert page.add("A directory with another model", result, machine)["exitCode"] == 2


def test_a_volume_at_the_model_itself(machine: Machine, page: Page, small_disk: Path) -> None:
    weights = {"directory": str(machine.models), "source": "hub"}
    result = machine.run(machine.launch(weights=weights))
    assert page.add("The volume is mounted at the model's directory", result, machine)["exitCode"] == 2


def test_a_cache_that_cannot_be_written(machine: Machine, page: Page) -> None:
    (machine.folder / "not-a-folder").write_text("")
    weights = {"directory": str(machine.folder / "not-a-folder" / "tiny"), "source": "hub"}
    result = machine.run(machine.launch(weights=weights))
    assert page.add("The cache can't be written", result, machine)["exitCode"] == 73


def stage(**changes: object) -> dict[str, object]:
    return {"model": MODEL, "revision": REVISION, "target": "s3://models/drills/staged", **changes}


def test_staging(machine: Machine, page: Page, aws: Aws, hub: HubState) -> None:
    machine.environment |= aws.environment()
    machine.secrets += aws.secrets
    result = machine.run({"model": "tiny", "target": "models", "force": True}, package="stage")
    assert page.add("stage.json has faults", result, machine)["exitCode"] == 2
    hub.damaged["tokenizer.json"] = 100
    result = machine.run(stage(), package="stage")
    assert page.add("Staging: wrong bytes from the hub", result, machine)["exitCode"] == 65
    assert aws.get("drills/staged/tokenizer.json") is None
    assert aws.get("drills/staged/manifest.json") is None
    hub.damaged.clear()
    result = machine.run(stage(), package="stage", **aws.environment("stranger"))
    assert page.add("Staging: the role may not write", result, machine)["exitCode"] == 77
    assert machine.run(stage(), package="stage").code == 0
    result = machine.run(stage(revision="e" * 40), package="stage")
    assert page.add("Staging over what pods may be reading", result, machine)["exitCode"] == 2


def test_the_page_has_every_message(page: Page, request: pytest.FixtureRequest) -> None:
    """Last: it compares what the tests before it put there."""
    ran = {item.name for item in request.session.items if item.path == request.path}
    defined = {name for name, value in globals().items() if name.startswith("test_") and callable(value)}
    if ran != defined or request.config.getoption("--update-messages"):
        pytest.skip("only with all of this file")
    assert page.text == PAGE.read_text(), "read the difference, then run it with --update-messages"
    assert os.fspath(Path.home()) not in page.text
