import signal

from tests.conftest import Lab
from tests.servers import Outcome

STEPS = 6


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


def test_a_stopped_training_goes_on_in_the_same_run_to_the_same_end(lab: Lab) -> None:
    # Without checkpoints on the way, the one that SIGTERM makes is all that there is to go on from.
    config = lab.config(checkpoints={"everySeconds": 3600})
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

    again = lab.run(config)

    assert again.code == 0
    assert again.said("this training has ended well already")["run_id"] == run.info.run_id
    assert lab.runs() == [run]


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
    assert [step for step, _ in lab.history(run, "place")] == list(range(1, STEPS + 1))


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
