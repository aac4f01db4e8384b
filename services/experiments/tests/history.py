"""What the tests find in MLflow, logged through its own client."""

import json
import math
from dataclasses import dataclass, field

from mlflow.tracking import MlflowClient

HOSTILE_NAME = """50%_off \\' OR name != 'x" `;--"""
DECOY_NAME = HOSTILE_NAME.replace("%", "x").replace("_", "x")
ACCURACIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
MODEL_METRIC = "eval/f1 score: macro-avg.v2"
EXTREMES = {"nan": math.nan, "tiny": 5e-324, "huge": 1e300, "negative": -1e-7}


@dataclass
class History:
    """IDs of what was logged."""

    vision: str
    hostile: str
    decoy: str
    deleted: str
    empty: str
    runs: list[str] = field(default_factory=list)
    extreme_run: str = ""
    deleted_run: str = ""
    going_on: str = ""


def log_history(tracking_uri: str) -> History:
    client = MlflowClient(tracking_uri)
    history = History(
        vision=client.create_experiment("Vision", tags={"team": "perception"}),
        hostile=client.create_experiment(HOSTILE_NAME),
        decoy=client.create_experiment(DECOY_NAME),
        deleted=client.create_experiment("given up"),
        empty=client.create_experiment("empty"),
    )
    client.delete_experiment(history.deleted)

    for number, accuracy in enumerate(ACCURACIES):
        run = client.create_run(
            history.vision, run_name=f"run {number}", start_time=1_700_000_000_000 + number
        )
        client.log_param(run.info.run_id, "seed", 1000 + number)
        client.log_param(run.info.run_id, "layers", 3)
        client.log_metric(run.info.run_id, "accuracy", accuracy / 2, step=0)
        client.log_metric(run.info.run_id, "accuracy", accuracy, step=1)
        client.log_metric(run.info.run_id, MODEL_METRIC, -accuracy)
        client.set_tag(
            run.info.run_id, "parameter_snapshot", json.dumps({"layers": 3, "optimizer": {"name": "adam"}})
        )
        client.set_terminated(run.info.run_id, end_time=1_700_000_060_000 + number)
        history.runs.append(run.info.run_id)

    run = client.create_run(history.hostile)
    for name, value in EXTREMES.items():
        client.log_metric(run.info.run_id, name, value)
    client.set_terminated(run.info.run_id, "FAILED")
    history.extreme_run = run.info.run_id

    run = client.create_run(history.vision, start_time=1_600_000_000_000)
    client.log_metric(run.info.run_id, "accuracy", 0.99)
    client.delete_run(run.info.run_id)
    history.deleted_run = run.info.run_id

    history.going_on = client.create_run(history.hostile).info.run_id
    return history
