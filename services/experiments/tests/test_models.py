"""What MLflow returns, as JSON."""

import json
import math

import pytest
from experiments.models import SNAPSHOT_TAG, Run
from mlflow.entities import Metric, Param, RunData, RunInfo, RunTag
from mlflow.entities import Run as MlflowRun


def mlflow_run(
    params: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    metrics: dict[str, float] | None = None,
) -> MlflowRun:
    info = RunInfo(
        run_id="r",
        experiment_id="1",
        user_id="u",
        status="FINISHED",
        start_time=0,
        end_time=None,
        lifecycle_stage="active",
    )
    data = RunData(
        metrics=[Metric(name, value, 0, 0) for name, value in (metrics or {}).items()],
        params=[Param(name, value) for name, value in (params or {}).items()],
        tags=[RunTag(name, value) for name, value in (tags or {}).items()],
    )
    return MlflowRun(info, data)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (-0.0, -0.0),
        (1.7976931348623157e308, 1.7976931348623157e308),
    ],
)
def test_every_metric_is_strict_json(value: float, expected: object) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = Run.from_mlflow(mlflow_run(metrics={"m": value})).model_dump_json()
    assert json.loads(text, parse_constant=refuse)["metrics"] == {"m": expected}


@pytest.mark.parametrize(
    ("params", "tags", "seed"),
    [
        ({"seed": "42"}, {}, 42),
        ({"seed": "-1"}, {}, -1),
        ({"random_seed": "7"}, {}, 7),
        ({}, {"seed": "7"}, 7),
        ({"seed": "1"}, {"seed": "2"}, 1),
        ({"seed": "0x2a"}, {}, "0x2a"),
        ({"seed": "--1"}, {}, "--1"),
        ({"seed": "²"}, {}, "²"),
        ({"seeds": "1"}, {}, None),
    ],
)
def test_finds_the_seed(params: dict[str, str], tags: dict[str, str], seed: object) -> None:
    assert Run.from_mlflow(mlflow_run(params, tags)).seed == seed


@pytest.mark.parametrize(
    ("text", "snapshot"),
    [
        ('{"a": {"b": [1, null]}}', {"a": {"b": [1, None]}}),
        ("{}", {}),
        ("[1]", None),
        ("not JSON", None),
        ('{"lr": NaN}', {"lr": "NaN"}),
    ],
)
def test_reads_the_parameter_snapshot(text: str, snapshot: object) -> None:
    run = Run.from_mlflow(mlflow_run({"seed": "1"}, {SNAPSHOT_TAG: text}))
    assert run.parameter_snapshot == snapshot
    assert run.reviewable is (snapshot is not None)


def test_a_run_is_reviewable_with_seed_and_snapshot_only() -> None:
    assert Run.from_mlflow(mlflow_run({"seed": "1"}, {SNAPSHOT_TAG: "{}"})).reviewable
    assert not Run.from_mlflow(mlflow_run({}, {SNAPSHOT_TAG: "{}"})).reviewable
    assert not Run.from_mlflow(mlflow_run({"seed": "1"})).reviewable
