"""One MLflow and one service for all tests: MLflow takes its time to start."""

from collections.abc import Iterator

import httpx
import pytest

from tests.history import History, log_history
from tests.servers import ExperimentsServer, MlflowServer


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    server = MlflowServer(tmp_path_factory.mktemp("mlflow"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def history(mlflow: MlflowServer) -> History:
    return log_history(mlflow.tracking_uri)


@pytest.fixture(scope="session")
def service(mlflow: MlflowServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExperimentsServer]:
    # Patient: what these tests show must not depend on how busy the machine is.
    server = ExperimentsServer(
        tmp_path_factory.mktemp("service"), mlflow.tracking_uri, mlflow_timeout="30", deadline="60"
    )
    server.start()
    yield server
    server.kill()


@pytest.fixture
def api(service: ExperimentsServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=90) as client:
        yield client
