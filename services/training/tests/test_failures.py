from pathlib import Path

import pytest
from harness.config import read_config
from harness.exits import Exit, StopError
from harness.main import load
from mlflow.tracking import MlflowClient

from tests.conftest import Lab
from tests.servers import SERVICE, Mlflow, free_port


def test_every_fault_of_the_configuration_is_told_at_once(lab: Lab) -> None:
    outcome = lab.run(
        {
            **lab.config(seed=-1, precision="fp8", entrypoint="walk", learningRate=1),
            "checkpoints": {"bucket": "Models", "prefix": lab.prefix, "keep": 0},
        }
    )
    assert outcome.code == 78
    (line,) = outcome.lines
    for fault in [
        "has 6 faults:",
        "entrypoint = 'walk': String should match",
        "seed = -1: Input should be greater than or equal to 0",
        "precision = 'fp8': Input should be 'bf16', 'fp16' or 'fp32'",
        "checkpoints.bucket = 'Models'",
        "checkpoints.keep = 0",
        "learningRate = 1: Extra inputs are not permitted",
    ]:
        assert fault in str(line["message"])
    assert outcome.stderr == ""


def test_what_can_not_be_called_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SERVICE / "tests"))
    for entrypoint, message in [
        ("walk:ran", "walk has no function ran; it has: Path, Session, crash, train"),
        ("wlak:train", "wlak:train can't be imported: there is no module wlak in the image"),
    ]:
        with pytest.raises(StopError) as caught:
            load(entrypoint)
        assert (caught.value.code, str(caught.value)) == (Exit.CONFIGURATION, message)


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text("{")
    for name, message in [
        ("nowhere.json", "nowhere.json can't be read: No such file or directory"),
        ("half.json", "Invalid JSON"),
    ]:
        with pytest.raises(StopError) as caught:
            read_config(tmp_path / name)
        assert caught.value.code == Exit.CONFIGURATION
        assert message in str(caught.value)


def test_without_a_gpu_nothing_is_trained(lab: Lab) -> None:
    outcome = lab.run(lab.config(device="cuda"))
    assert outcome.code == 71
    assert "GPU" in str(outcome.lines[-1]["message"])


def test_a_bucket_that_denies_is_told_before_anything_is_trained(lab: Lab) -> None:
    outcome = lab.run(lab.config(checkpoints={"prefix": f"elsewhere/{lab.key}"}))
    assert (outcome.code, outcome.lines[-1]["meaning"]) == (77, "DENIED")


def test_mlflow_that_is_away_at_the_start_is_tried_again_later(lab: Lab) -> None:
    uri = f"http://127.0.0.1:{free_port()}/mlflow"
    outcome = lab.run(lab.config(), MLFLOW_TRACKING_URI=uri)
    assert outcome.code == 69
    assert f"MLflow does not answer at {uri}" in str(outcome.lines[-1]["message"])


def test_an_experiment_that_was_deleted_is_told(lab: Lab) -> None:
    config = lab.config(experiment="given up", hyperparameters={"steps": 1})
    assert lab.run(config).code == 0
    client = MlflowClient(lab.mlflow.uri)
    found = client.get_experiment_by_name("given up")
    assert found is not None
    client.delete_experiment(found.experiment_id)
    outcome = lab.run(config)
    assert outcome.code == 78
    assert "the experiment given up was deleted" in str(outcome.lines[-1]["message"])


def test_an_outage_of_mlflow_stops_no_training_and_loses_no_metric(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = Mlflow(tmp_path_factory.mktemp("own-mlflow"))
    own.start()
    lab = Lab(lab.folder, lab.key, own, lab.s3)
    signals = lab.folder / "signals"
    signals.mkdir(parents=True)
    attempt = lab.attempt(lab.config(), "first", WALK_FOLDER=str(signals), WALK_STOPS_AT="3").start()
    attempt.wait_for(signals / "reached")
    own.kill()
    (signals / "go-on").touch()
    first = attempt.outcome()
    assert first.code == 69
    assert any("MLflow does not take metrics" in str(line["message"]) for line in first.lines)

    own.start()
    second = lab.run(lab.config())

    assert second.code == 0
    # Trained it was: this attempt only had to tell MLflow.
    assert not any("wrote a checkpoint" in str(line["message"]) for line in second.lines)
    (run,) = lab.runs()
    assert run.info.status == "FINISHED"
    assert [step for step, _ in lab.history(run, "place")] == list(range(1, 7))
    own.kill()
