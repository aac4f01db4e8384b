"""The process: its logs, its figures, its end."""

import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.history import History
from tests.servers import ExperimentsServer, MlflowServer


def test_a_request_id_goes_through_answer_and_log(
    api: httpx.Client, service: ExperimentsServer, history: History
) -> None:
    response = api.get(f"/experiments/{history.vision}", headers={"X-Request-ID": "review-42"})
    assert response.headers["x-request-id"] == "review-42"
    # The line follows the answer.
    until = time.monotonic() + 10
    while (
        not (lines := [line for line in service.log_lines() if line.get("request_id") == "review-42"])
        and time.monotonic() < until
    ):
        time.sleep(0.02)
    (line,) = lines
    assert line["handler"] == "get_experiment"
    assert line["status"] == 200
    assert line["path"] == f"/experiments/{history.vision}"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "{}\"'"])
def test_a_request_id_that_could_harm_the_log_is_replaced(api: httpx.Client, given: str) -> None:
    identity = api.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert identity != given
    assert len(identity) == 32


def test_counts_requests_and_calls(api: httpx.Client, history: History) -> None:
    def count(series: str) -> float:
        lines = api.get("/metrics").text.splitlines()
        return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(series)), 0)

    request = 'experiments_http_request_duration_seconds_count{handler="get_run",method="GET",status="404"}'
    call = 'experiments_mlflow_call_duration_seconds_count{call="run",outcome="run-not-found"}'
    before = count(request), count(call)
    api.get("/experiments/runs/nosuchrun")
    assert (count(request), count(call)) == (before[0] + 1, before[1] + 1)
    assert 'experiments_info{version="0.1.0"} 1.0' in api.get("/metrics").text
    assert count("experiments_mlflow_calls_in_progress ") == 0


def test_ends_what_it_began_and_then_itself(mlflow: MlflowServer, tmp_path: Path) -> None:
    server = ExperimentsServer(tmp_path, mlflow.tracking_uri)
    server.start()
    answers: list[int] = []
    mlflow.signal(signal.SIGSTOP)
    try:
        request = threading.Thread(
            target=lambda: answers.append(httpx.get(f"{server.url}/experiments", timeout=20).status_code)
        )
        request.start()
        time.sleep(1)
        server.signal(signal.SIGTERM)
        time.sleep(0.5)
    finally:
        mlflow.signal(signal.SIGCONT)
    request.join()
    assert answers == [200]
    assert server.wait(timeout=10) in (0, -signal.SIGTERM)
    assert {line["message"] for line in server.log_lines()} >= {
        "Shutting down",
        "Application shutdown complete.",
    }


def test_a_password_is_sent_but_never_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "experiments")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2hunter2")
    server = ExperimentsServer(tmp_path, "http://127.0.0.1:9/mlflow", log_level="DEBUG")
    server.start()
    try:
        response = httpx.get(f"{server.url}/experiments", timeout=20)
        assert response.status_code == 503
        assert "hunter2" not in response.text
        assert "hunter2" not in server.log.read_text()
        (line,) = [line for line in server.log_lines() if line["level"] == "WARNING"]
        assert line["request_id"] == response.headers["x-request-id"]
        assert "refused" in str(line["cause"])
    finally:
        server.kill()
