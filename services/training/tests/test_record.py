import json

from tests.conftest import Lab

HYPERPARAMETERS = {"steps": 2, "rate": 3e-4, "warm": True, "optimizer": "adamw"}


def test_a_run_says_all_that_makes_it_reviewable(lab: Lab) -> None:
    outcome = lab.run(lab.config(hyperparameters=HYPERPARAMETERS, seed=1234, code="sha256:abcd"))
    assert outcome.code == 0
    (run,) = lab.runs()
    assert run.info.run_name == "walk"
    snapshot = {**HYPERPARAMETERS, "seed": 1234, "precision": "fp32"}
    assert run.data.params == {name: str(value) for name, value in snapshot.items()}
    assert json.loads(run.data.tags["parameter_snapshot"]) == snapshot
    tags = {name.removeprefix("training."): value for name, value in run.data.tags.items()}
    assert tags["image"] == "registry.example.com/training@sha256:0123"
    assert (tags["code"], tags["entrypoint"], tags["card"]) == ("sha256:abcd", "walk:train", "cpu")
    assert outcome.said("training")["run_id"] == run.info.run_id


def test_the_seed_makes_the_walk(lab: Lab) -> None:
    ends = []
    for number, seed in enumerate([1, 1, 2]):
        other = Lab(lab.folder / str(number), f"{lab.key}{number:02}", lab.mlflow, lab.s3)
        assert other.run(other.config(seed=seed, hyperparameters={"steps": 1})).code == 0
        (run,) = other.runs()
        ends.append((run.info.run_id, run.data.metrics["end"]))
    # Other keys are other runs; the same seed comes to the same end.
    assert len({run_id for run_id, _ in ends}) == 3
    assert ends[0][1] == ends[1][1] != ends[2][1]
