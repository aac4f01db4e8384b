"""MLflow slow, dead, and back: the service stays responsive and says what is the matter."""

import asyncio
import signal
import time
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest

from tests.history import History
from tests.servers import ExperimentsServer, MlflowServer

SEVERAL = 12
"""More than the tested service's threads and queue take together."""


@pytest.fixture(scope="module")
def service(mlflow: MlflowServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExperimentsServer]:
    """A service with little patience and little room."""
    server = ExperimentsServer(
        tmp_path_factory.mktemp("hasty"),
        mlflow.tracking_uri,
        mlflow_timeout="2",
        deadline="4",
        concurrency="2",
        queue="4",
        readiness_timeout="1.5",
        readiness_ttl="0.5",
    )
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module", autouse=True)
def nothing_unhandled(service: ExperimentsServer) -> Iterator[None]:
    """An outage of MLflow is no error of ours, and no request gets lost in it."""
    yield
    assert [line for line in service.log_lines() if line["level"] == "ERROR"] == []


@pytest.fixture
def frozen(mlflow: MlflowServer, history: History) -> Iterator[None]:
    mlflow.signal(signal.SIGSTOP)
    yield
    mlflow.signal(signal.SIGCONT)


def timed(api: httpx.Client, path: str) -> tuple[httpx.Response, float]:
    started = time.monotonic()
    response = api.get(path)
    return response, time.monotonic() - started


def becomes(api: httpx.Client, path: str, status: HTTPStatus, within: float) -> bool:
    give_up = time.monotonic() + within
    while time.monotonic() < give_up:
        if api.get(path).status_code == status:
            return True
        time.sleep(0.2)
    return False


@pytest.mark.usefixtures("frozen")
def test_slow_is_504_within_the_deadline(api: httpx.Client, history: History) -> None:
    response, seconds = timed(api, f"/experiments/{history.vision}")
    assert response.status_code == HTTPStatus.GATEWAY_TIMEOUT
    assert response.json()["type"] == "urn:problem:tracking-slow"
    assert seconds < 5


@pytest.mark.usefixtures("frozen")
def test_many_slow_requests_block_neither_each_other_nor_health(service: ExperimentsServer) -> None:
    async def load() -> tuple[list[httpx.Response], float, list[float]]:
        async with httpx.AsyncClient(base_url=service.url, timeout=20) as client:
            started = time.monotonic()
            slow = [asyncio.create_task(client.get("/experiments")) for _ in range(SEVERAL)]
            health = []
            while not all(task.done() for task in slow):
                before = time.monotonic()
                response = await client.get("/healthz")
                assert response.is_success
                health.append(time.monotonic() - before)
                await asyncio.sleep(0.05)
            return [task.result() for task in slow], time.monotonic() - started, health

    answers, seconds, health = asyncio.run(load())
    statuses = [answer.status_code for answer in answers]
    # Two at work and four waiting end together at the deadline; there is no room for the rest.
    assert statuses.count(504) == 6
    assert statuses.count(503) == 6
    busy = next(answer for answer in answers if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE)
    assert busy.json()["type"] == "urn:problem:tracking-busy"
    assert busy.headers["retry-after"] == "5"
    assert seconds < 7
    assert len(health) > 10
    assert max(health) < 2


@pytest.mark.usefixtures("frozen")
def test_readiness_does_not_wait_for_the_slow(api: httpx.Client) -> None:
    assert becomes(api, "/readyz", HTTPStatus.SERVICE_UNAVAILABLE, within=5)
    response, seconds = timed(api, "/readyz")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert seconds < 3.5


def test_killed_is_503_and_unready_until_it_is_back(
    api: httpx.Client, mlflow: MlflowServer, history: History
) -> None:
    assert becomes(api, "/readyz", HTTPStatus.OK, within=20)
    mlflow.kill()
    try:
        for path in (
            f"/experiments/{history.vision}",
            "/experiments",
            f"/experiments/runs/{history.runs[0]}",
        ):
            response, seconds = timed(api, path)
            assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            assert response.headers["content-type"] == "application/problem+json"
            assert response.headers["retry-after"] == "5"
            assert response.json()["type"] == "urn:problem:tracking-unavailable"
            assert seconds < 5
        assert becomes(api, "/readyz", HTTPStatus.SERVICE_UNAVAILABLE, within=3)
        assert api.get("/healthz").json() == {"status": "ok", "version": "0.1.0"}
    finally:
        mlflow.start()
    assert becomes(api, "/readyz", HTTPStatus.OK, within=5)
    assert api.get(f"/experiments/runs/{history.runs[0]}").is_success


def test_readiness_asks_mlflow_no_more_than_it_must(api: httpx.Client, mlflow: MlflowServer) -> None:
    def asked() -> int:
        return mlflow.log.read_text().count("/experiments/search")

    assert becomes(api, "/readyz", HTTPStatus.OK, within=5)
    time.sleep(0.6)  # until the last answer is stale
    before, started = asked(), time.monotonic()
    for _ in range(20):
        assert api.get("/readyz").is_success
    assert asked() - before <= 2 + (time.monotonic() - started) / 0.5
