"""One MLflow and one S3 for all tests; each test has its own key, and so its own run and checkpoints."""

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import boto3
import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from tests.servers import S3, Attempt, Mlflow, Outcome

if TYPE_CHECKING:
    from botocore.client import BaseClient

# Its tests are run by hand: README.md tells how.
collect_ignore = [] if importlib.util.find_spec("torch") else ["test_torch.py"]

BUCKET = "models"
ALLOWED = "training"


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    server = Mlflow(tmp_path_factory.mktemp("mlflow"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    command = [sys.executable, str(Path(__file__).parent / "moto_server.py"), BUCKET, ALLOWED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        # moto says on the same stream that it starts.
        line = next(line for line in process.stdout if line.startswith("{"))
        described = json.loads(line)
        yield S3(described["url"], BUCKET, described["keys"], process)
        process.kill()


@dataclass
class Lab:
    """Starts attempts of one training and looks at what they left."""

    folder: Path
    key: str
    mlflow: Mlflow
    s3: S3

    @property
    def prefix(self) -> str:
        return f"{ALLOWED}/{self.key}"

    def config(
        self, checkpoints: Mapping[str, object] = MappingProxyType({}), **changes: object
    ) -> dict[str, object]:
        place = {
            "bucket": BUCKET,
            "prefix": self.prefix,
            "everySeconds": 0,
            **checkpoints,
        }
        return {
            "key": self.key,
            "job": "walk",
            "entrypoint": "walk:train",
            "experiment": "walks",
            "runName": "walk",
            "hyperparameters": {"steps": 6, "note": "a walk"},
            "seed": 7,
            "precision": "fp32",
            "device": "cpu",
            "waitSeconds": 2,
            "checkpoints": place,
            **changes,
        }

    def attempt(self, config: dict[str, object] | str, name: str = "pod", **env: str) -> Attempt:
        return Attempt(
            self.folder / name,
            config,
            {
                "MLFLOW_TRACKING_URI": self.mlflow.uri,
                "AWS_ENDPOINT_URL": self.s3.url,
                "AWS_DEFAULT_REGION": "us-east-1",
                "TRAINING_IMAGE": "registry.example.com/training@sha256:0123",
                **self.s3.keys["job"],
                **env,
            },
        )

    def run(self, config: dict[str, object] | str, **env: str) -> Outcome:
        return self.attempt(config, **env).start().outcome()

    def runs(self, experiment: str = "walks") -> list[Run]:
        client = MlflowClient(self.mlflow.uri)
        found = client.get_experiment_by_name(experiment)
        assert found is not None
        return list(client.search_runs([found.experiment_id], f"tags.`training.key` = '{self.key}'"))

    def history(self, run: Run, metric: str) -> list[tuple[int, float]]:
        found = MlflowClient(self.mlflow.uri).get_metric_history(run.info.run_id, metric)
        return sorted((each.step, each.value) for each in found)

    def bucket(self) -> "BaseClient":
        return boto3.client(
            "s3",
            endpoint_url=self.s3.url,
            region_name="us-east-1",
            aws_access_key_id=self.s3.keys["owner"]["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.s3.keys["owner"]["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture
def lab(tmp_path: Path, mlflow: Mlflow, s3: S3, request: pytest.FixtureRequest) -> Lab:
    key = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    return Lab(tmp_path, key, mlflow, s3)
