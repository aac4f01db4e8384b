import hashlib
import json
import signal
from typing import Any

import pytest

from tests.conftest import BUCKET, Lab
from tests.servers import Outcome

STEPS = 8


def interrupted(lab: Lab, config: dict[str, object], *, at: int) -> Outcome:
    """Send SIGTERM in the middle of a step, as the kubelet does when a node goes."""
    signals = lab.folder / "signals"
    signals.mkdir()
    attempt = lab.attempt(config, "first", WALK_FOLDER=str(signals), WALK_STOPS_AT=str(at)).start()
    attempt.wait_for(signals / "reached")
    attempt.signal(signal.SIGTERM)
    (signals / "go-on").touch()
    return attempt.outcome()


def uninterrupted(lab: Lab) -> list[tuple[int, float]]:
    """What the same training comes to without a stop, under a key of its own."""
    other = Lab(lab.folder / "other", lab.key + "00", lab.mlflow, lab.s3)
    assert other.run(other.config()).code == 0
    (run,) = other.runs()
    return other.history(run, "place")


# Without checkpoints on the way, the one that SIGTERM makes is all that there is to go on from.
@pytest.mark.parametrize("every", [0, 3600])
def test_a_stopped_training_goes_on_in_the_same_run_to_the_same_end(lab: Lab, every: int) -> None:
    config = lab.config(checkpoints={"everySeconds": every})
    first = interrupted(lab, config, at=3)
    assert first.code == 75
    assert first.said("interrupted")["step"] == 3
    (run,) = lab.runs()
    assert run.info.status == "KILLED"

    second = lab.run(config)

    assert second.code == 0
    assert second.said("training")["step"] == 3
    assert second.said("training")["run_id"] == first.said("training")["run_id"] == run.info.run_id
    (run,) = lab.runs()
    assert (run.info.status, run.data.tags["training.attempts"]) == ("FINISHED", "2")
    places = lab.history(run, "place")
    assert [step for step, _ in places] == list(range(1, STEPS + 1))
    assert places == uninterrupted(lab)
    assert run.data.metrics["end"] == places[-1][1]


def test_a_killed_training_goes_on_from_the_last_checkpoint(lab: Lab) -> None:
    signals = lab.folder / "signals"
    signals.mkdir()
    attempt = lab.attempt(lab.config(), "first", WALK_FOLDER=str(signals), WALK_STOPS_AT="4").start()
    attempt.wait_for(signals / "reached")
    attempt.signal(signal.SIGKILL)
    assert attempt.outcome().code == -signal.SIGKILL

    second = lab.run(lab.config())

    assert (second.code, second.said("training")["step"]) == (0, 3)
    (run,) = lab.runs()
    assert lab.history(run, "place") == uninterrupted(lab)


def test_a_signal_before_the_first_step_stops_it_as_well(lab: Lab) -> None:
    first = interrupted(lab, lab.config(), at=1)
    assert (first.code, first.said("interrupted")["step"]) == (75, 1)


def test_a_training_that_ended_well_is_not_begun_again(lab: Lab) -> None:
    assert lab.run(lab.config()).code == 0
    (before,) = lab.runs()
    again = lab.run(lab.config())
    assert again.code == 0
    assert again.said("this training has ended well already")["run_id"] == before.info.run_id
    assert lab.runs() == [before]


def test_one_that_fails_is_tried_again_from_its_checkpoint(lab: Lab) -> None:
    config = lab.config(entrypoint="walk:crash")
    first = lab.run(config)
    assert first.code == 70
    assert first.said("the training function failed")["error"] == "RuntimeError: the loss is not a number"
    assert "Traceback" in first.stderr
    assert lab.runs()[0].info.status == "FAILED"

    assert lab.run(config).code == 0
    (run,) = lab.runs()
    assert run.info.status == "FINISHED"
    assert lab.history(run, "loss") == [(1, 1.0), (2, 0.5), (3, 1 / 3)]


def newest(lab: Lab) -> str:
    return max(name for name in lab.objects() if name.endswith("manifest.json")).removesuffix("manifest.json")


def put(lab: Lab, name: str, body: bytes) -> None:
    lab.bucket().put_object(Bucket=BUCKET, Key=f"{lab.prefix}/checkpoints/{name}", Body=body)


@pytest.mark.parametrize("damage", ["other bytes", "no file", "no manifest", "half a manifest"])
def test_a_checkpoint_that_is_not_whole_is_passed_over(lab: Lab, damage: str) -> None:
    assert interrupted(lab, lab.config(), at=4).code == 75
    broken = newest(lab)
    if damage == "other bytes":
        put(lab, f"{broken}files/place", b"0.0")
    elif damage == "half a manifest":
        put(lab, f"{broken}manifest.json", b'{"step": 4, "files"')
    else:
        name = "manifest.json" if damage == "no manifest" else "files/place"
        lab.bucket().delete_object(Bucket=BUCKET, Key=f"{lab.prefix}/checkpoints/{broken}{name}")

    second = lab.run(lab.config())

    assert (second.code, second.said("training")["step"]) == (0, 3)
    assert any("passed over" in str(line["message"]) for line in second.lines) == (damage != "no manifest")


def test_no_file_is_written_outside_of_the_checkpoint(lab: Lab) -> None:
    assert interrupted(lab, lab.config(), at=4).code == 75
    broken = newest(lab)
    body = b"from outside"
    manifest: dict[str, Any] = {
        "step": 9,
        "files": {"../../evil": {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}},
    }
    put(lab, f"{broken}manifest.json", json.dumps(manifest).encode())
    second = lab.run(lab.config())
    assert second.code == 0
    assert "outside" in str(second.said("passed over a checkpoint")["message"])
    assert not list(lab.folder.rglob("evil"))


def test_old_checkpoints_go_with_all_their_versions(lab: Lab) -> None:
    assert lab.run(lab.config(checkpoints={"keep": 3})).code == 0
    versions = lab.bucket().list_object_versions(Bucket=BUCKET, Prefix=f"{lab.prefix}/checkpoints/")
    kept = {item["Key"].split("/")[3] for item in versions["Versions"]}
    assert sorted(name.split("-")[0] for name in kept) == ["000000000007", "000000000008", "000000000009"]
    assert "DeleteMarkers" not in versions
