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
        assert other.run(other.config(seed=seed)).code == 0
        ends.append(other.runs()[0].data.metrics["end"])
    assert ends[0] == ends[1] != ends[2]


def test_another_key_is_another_run(lab: Lab) -> None:
    other = Lab(lab.folder / "other", lab.key[::-1], lab.mlflow, lab.s3)
    for each in (lab, other):
        assert each.run(each.config(hyperparameters={"steps": 1})).code == 0
    assert lab.runs()[0].info.run_id != other.runs()[0].info.run_id
