"""Log a run with its model to the platform, then read both back.

    python3 -m venv .venv && .venv/bin/pip install -r examples/requirements.txt
    .venv/bin/python examples/log_run.py [http://127.0.0.1:8080]

The full ``mlflow`` does as well. Exits with 0 only if everything came back as it was logged.
"""

import json
import logging
import os
import random
import sys
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

os.environ |= {
    # The store behind MLflow may be out of reach from here: move all files through MLflow itself.
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false",
    "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
    # Say soon that nobody is there (the client's own patience is minutes), and nothing that is said below.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}

import mlflow
from mlflow.pyfunc.model import PythonModel

logging.getLogger("mlflow").setLevel(logging.ERROR)

Params = dict[str, float]


class Line(PythonModel):
    """The smallest of models: y = slope * x."""

    def __init__(self, slope: float) -> None:
        """Keep what was learned."""
        self.slope = slope

    def predict(self, model_input: list[float]) -> list[float]:  # type: ignore[override]  # MLflow takes both
        """Say y for each x."""
        return [self.slope * x for x in model_input]


def learn(params: Params) -> float:
    """Find the slope of noisy points on y = 2x by least squares."""
    dice = random.Random(params["seed"])
    xs = [dice.uniform(-1, 1) for _ in range(int(params["samples"]))]
    ys = [2 * x + dice.gauss(0, params["noise"]) for x in xs]
    return sum(x * y for x, y in zip(xs, ys, strict=True)) / sum(x * x for x in xs)


def log_run(params: Params) -> tuple[str, str]:
    """Log one run; return its ID and its model's URI."""
    mlflow.set_experiment("first-steps")
    # The seed and the snapshot of all parameters are what makes a run reviewable.
    with mlflow.start_run(tags={"parameter_snapshot": json.dumps(params)}) as run:
        mlflow.log_params(params)
        slope = learn(params)
        mlflow.log_metric("error", abs(slope - 2))
        model = mlflow.pyfunc.log_model(name="line", python_model=Line(slope), pip_requirements=[])
    return run.info.run_id, model.model_uri


def get(url: str, **query: str | float) -> dict[str, Any]:
    """Ask the experiments service."""
    with urlopen(f"{url}?{urlencode(query)}", timeout=10) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def main(platform: str = "http://127.0.0.1:8080") -> None:
    """Log, read back, compare, and say where to look."""
    mlflow.set_tracking_uri(f"{platform}/mlflow")
    params: Params = {"seed": 42, "samples": 100, "noise": 0.1}
    run_id, model_uri = log_run(params)

    run = get(f"{platform}/experiments/runs/{run_id}")
    error = run["metrics"]["error"]
    found = get(f"{platform}/experiments/runs", metric="error", op="le", threshold=error)
    (prediction,) = mlflow.pyfunc.load_model(model_uri).predict([3.0])

    assert run["parameter_snapshot"] == params
    assert run["reviewable"]
    assert run_id in [other["run_id"] for other in found["items"]]
    assert abs(prediction - 6) <= 3 * error + 1e-9

    print(f"run          {run_id}: error {error:.4f}, so 3 becomes {prediction:.3f}")
    print(f"artifacts    {run['artifact_uri']}")
    print(f"MLflow       {platform}/mlflow/#/experiments/{run['experiment_id']}/runs/{run_id}")
    print(f"experiments  {platform}/experiments/runs/{run_id}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
