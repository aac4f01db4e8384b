"""Each way in which MLflow can fail becomes the problem that says so."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from experiments.problems import (
    ExperimentNotFoundError,
    InvalidQueryError,
    ProblemError,
    TrackingFailedError,
    TrackingSlowError,
    TrackingUnavailableError,
)
from experiments.settings import Settings
from experiments.tracking import Tracking
from pydantic import HttpUrl


@contextmanager
def answering(
    status: int, body: str, delay: float = 0, headers: tuple[str, str] = ("X-None", "")
) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay)
            with suppress(ConnectionError):  # whoever asked may have gone by then
                self.send_response(status)
                self.send_header(*headers)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its base's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def problem(port: int) -> tuple[ProblemError, float]:
    uri = HttpUrl(f"http://127.0.0.1:{port}/mlflow")
    tracking = Tracking(Settings(tracking_uri=uri, mlflow_timeout=1, retry_after=7))
    started = time.monotonic()
    with pytest.raises(ProblemError) as caught:
        tracking.experiment("1")
    return caught.value, time.monotonic() - started


@pytest.mark.parametrize(
    ("status", "body", "kind", "retry_after"),
    [
        (403, "Invalid Host header", TrackingFailedError, None),
        (404, "<h1>Not Found</h1>", TrackingFailedError, None),
        (404, '{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": ""}', ExperimentNotFoundError, None),
        (400, '{"error_code": "INVALID_PARAMETER_VALUE", "message": "no"}', InvalidQueryError, None),
        (401, "", TrackingFailedError, None),
        (500, "Internal Server Error", TrackingFailedError, None),
        (502, "Bad Gateway", TrackingFailedError, None),
        (503, "Service Unavailable", TrackingUnavailableError, 7),
        (429, "Too Many Requests", TrackingUnavailableError, 7),
        (200, "<html>a login page</html>", TrackingFailedError, None),
    ],
)
def test_an_answer_of_no_use(
    status: int, body: str, kind: type[ProblemError], retry_after: int | None
) -> None:
    with answering(status, body) as port:
        error, _ = problem(port)
    assert type(error) is kind
    assert error.retry_after == retry_after


def test_a_long_retry_after_of_mlflow_does_not_hold_us() -> None:
    with answering(503, "", headers=("Retry-After", "60")) as port:
        error, seconds = problem(port)
    assert type(error) is TrackingUnavailableError
    assert seconds < 10


def test_no_answer_in_time() -> None:
    with answering(200, "{}", delay=2) as port:
        error, seconds = problem(port)
    assert type(error) is TrackingSlowError
    assert 2 <= seconds < 6  # two tries of one second


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error, seconds = problem(taken.getsockname()[1])
    assert type(error) is TrackingUnavailableError
    assert error.retry_after == 7
    assert seconds < 5


def test_hangs_up() -> None:
    def hang_up(listener: socket.socket) -> None:
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=hang_up, args=(listener,), daemon=True).start()
        error, _ = problem(listener.getsockname()[1])
    assert type(error) is TrackingUnavailableError


def test_a_name_that_does_not_resolve() -> None:
    tracking = Tracking(Settings(tracking_uri=HttpUrl("http://mlflow.invalid:5000/mlflow"), mlflow_timeout=1))
    with pytest.raises(TrackingUnavailableError):
        tracking.ping()
