"""The example that users run first, against both real servers behind one address."""

import json
import subprocess
import sys
from pathlib import Path

import httpx

from tests.gateway import gateway
from tests.servers import SERVICE, ExperimentsServer, MlflowServer

EXAMPLE = SERVICE.parents[1] / "examples" / "log_run.py"


def run_example(platform: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, EXAMPLE, platform],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_logs_a_run_with_its_model_and_reads_both_back(
    mlflow: MlflowServer, service: ExperimentsServer, tmp_path: Path
) -> None:
    with gateway({"/mlflow": mlflow.url, "/experiments": service.url}) as platform:
        result = run_example(platform, tmp_path)
        assert result.returncode == 0, result.stderr
        said = dict(line.split(maxsplit=1) for line in result.stdout.splitlines()[-4:])
        run = httpx.get(said["experiments"]).json()
        assert httpx.get(said["MLflow"]).is_success
    assert said["run"].startswith(run["run_id"])
    assert run["artifact_uri"] == said["artifacts"]
    assert run["seed"] == json.loads(run["tags"]["parameter_snapshot"])["seed"] == 42
    assert run["reviewable"] is True
    (model,) = (mlflow.log.parent / "artifacts" / run["experiment_id"] / "models").glob("*/artifacts/MLmodel")
    assert "python_function" in model.read_text()


def test_fails_soon_where_there_is_no_platform(tmp_path: Path) -> None:
    result = run_example("http://127.0.0.1:9", tmp_path)
    assert result.returncode != 0
    assert "127.0.0.1" in result.stderr
