import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from harness.checkpoints import Checkpoint, CheckpointStore
from harness.config import Checkpoints
from harness.exits import Exit, StopError

from tests.conftest import BUCKET, Lab
from tests.servers import free_port


@pytest.fixture
def lab(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    environment = {
        "AWS_ENDPOINT_URL": lab.s3.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        **lab.s3.keys["job"],
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lab


def store(lab: Lab, attempt: str = "first", **settings: Any) -> CheckpointStore:  # noqa: ANN401  # any setting
    place = {"bucket": BUCKET, "prefix": lab.prefix, **settings}
    return CheckpointStore(Checkpoints(**place), attempt, lab.folder / "work")


def write(to: CheckpointStore, *steps: int) -> None:
    for step in steps:
        with to.folder() as folder:
            (folder / "files").mkdir()
            (folder / "files" / "place").write_text(str(step))
            (folder / "state.json").write_text("{}")
            to.write(step, folder)


def place_of(found: Checkpoint | None) -> str | None:
    return None if found is None else (found.folder / "files" / "place").read_text()


def put(lab: Lab, name: str, body: bytes) -> None:
    lab.bucket().put_object(Bucket=BUCKET, Key=f"{lab.prefix}/checkpoints/{name}", Body=body)


def test_the_newest_is_found_by_another_attempt(lab: Lab) -> None:
    assert store(lab).newest() is None
    write(store(lab), 1, 2)
    found = store(lab, "second").newest()
    assert (found is not None and found.step, place_of(found)) == (2, "2")


@pytest.mark.parametrize("damage", ["other bytes", "no file", "no manifest", "half a manifest"])
def test_one_that_is_not_whole_is_passed_over(
    lab: Lab, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(store(lab), 1, 2)
    broken = "000000000002-first/"
    if damage == "other bytes":
        put(lab, f"{broken}files/place", b"3")
    elif damage == "half a manifest":
        put(lab, f"{broken}manifest.json", b'{"step": 2, "files"')
    else:
        name = "manifest.json" if damage == "no manifest" else "files/place"
        lab.bucket().delete_object(Bucket=BUCKET, Key=f"{lab.prefix}/checkpoints/{broken}{name}")
    capsys.readouterr()
    assert place_of(store(lab, "second").newest()) == "1"
    # One without a manifest never was one.
    assert ("passed over" in capsys.readouterr().out) == (damage != "no manifest")


def test_what_an_attempt_wrote_after_a_broken_one_is_the_newest(lab: Lab) -> None:
    write(store(lab), 1, 9)
    put(lab, "000000000009-first/files/place", b"?")
    second = store(lab, "second", keep=1)
    assert place_of(second.newest()) == "1"
    write(second, 2)
    assert place_of(store(lab, "third").newest()) == "2"


def test_no_file_is_written_outside_of_a_checkpoint(lab: Lab) -> None:
    write(store(lab), 1, 2)
    body = b"from outside"
    evil = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    put(
        lab,
        "000000000002-first/manifest.json",
        json.dumps({"step": 2, "files": {"../../evil": evil}}).encode(),
    )
    assert place_of(store(lab, "second").newest()) == "1"
    assert not list(lab.folder.rglob("evil"))


def test_old_ones_go_with_all_their_versions(lab: Lab) -> None:
    write(store(lab, keep=3), 1, 2, 3, 4, 5)
    versions = lab.bucket().list_object_versions(Bucket=BUCKET, Prefix=f"{lab.prefix}/checkpoints/")
    kept = {item["Key"].split("/")[3] for item in versions["Versions"]}
    assert sorted(kept) == ["000000000003-first", "000000000004-first", "000000000005-first"]
    assert "DeleteMarkers" not in versions


def test_another_run_is_not_touched(lab: Lab) -> None:
    other = Lab(lab.folder / "other", lab.key + "00", lab.mlflow, lab.s3)
    write(store(other), 1)
    write(store(lab, keep=1), 2, 3)
    assert place_of(store(other).newest()) == "1"


def failure(lab: Lab, **settings: Any) -> tuple[Exit, str]:  # noqa: ANN401  # any setting
    with pytest.raises(StopError) as caught:
        store(lab, **settings).check("{}")
    return caught.value.code, str(caught.value)


def test_a_bucket_that_denies_is_told(lab: Lab, tmp_path: Path) -> None:
    code, message = failure(lab, prefix=f"elsewhere/{lab.key}")
    assert code == Exit.DENIED
    assert "models denies s3:PutObject of elsewhere" in message
    # Files go by another way, in parts where they are large.
    (tmp_path / "weights").write_bytes(b"1")
    with pytest.raises(StopError) as caught:
        store(lab, prefix="elsewhere/there").write(1, tmp_path)
    assert caught.value.code == Exit.DENIED


def test_a_bucket_that_is_not_there_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in lab.s3.keys["owner"].items():
        monkeypatch.setenv(name, value)
    assert failure(lab, bucket="nobodys") == (Exit.CONFIGURATION, "there is no bucket nobodys")


def test_s3_that_is_away_is_worth_another_try(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    code, message = failure(lab)
    assert code == Exit.UNAVAILABLE
    assert "does not answer to s3:PutObject" in message
