"""Logs as JSON lines, metrics for Prometheus, and one request id through both."""

import json
import logging
import logging.config
import re
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import uuid4

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from experiments import __version__

REQUEST_ID_HEADER = "X-Request-ID"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_QUIET = frozenset({"healthz", "readyz", "metrics"})

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered; empty outside of one."""

_log = logging.getLogger("experiments.access")


class JsonFormatter(logging.Formatter):
    """One JSON object per line. What the caller puts into ``extra={"fields": ...}`` becomes members."""

    def format(self, record: logging.LogRecord) -> str:
        """Render ``record``."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identity := request_id.get():
            line["request_id"] = identity
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logging(level: str) -> None:
    """Send everything to standard output as JSON lines, uvicorn's own and MLflow's too."""
    passed_on = {"handlers": [], "propagate": True}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonFormatter}},
            "handlers": {
                "out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
            },
            "root": {"level": level, "handlers": ["out"]},
            "loggers": {
                "uvicorn": passed_on,
                "uvicorn.error": passed_on,
                "uvicorn.access": {"level": "CRITICAL"},  # the middleware below says more
                "mlflow": passed_on,
                "urllib3": {"level": "ERROR"},  # its warnings are about retries, which are ours to count
            },
        }
    )


class Metrics:
    """The service's figures, in a registry of their own."""

    def __init__(self) -> None:
        """Register all of them, with the process's memory, CPU and open files."""
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        Info("experiments", "The service itself.", registry=self.registry).info({"version": __version__})
        self._requests = Histogram(
            "experiments_http_request_duration_seconds",
            "Time from a request's arrival to the end of its answer.",
            ["method", "handler", "status"],
            registry=self.registry,
        )
        self._calls = Histogram(
            "experiments_mlflow_call_duration_seconds",
            "Time a call to MLflow took, waiting for a thread included.",
            ["call", "outcome"],
            registry=self.registry,
        )
        self.waiting = Gauge(
            "experiments_mlflow_calls_in_progress",
            "Calls to MLflow under way or waiting for a thread.",
            registry=self.registry,
        )
        self._failures = Counter(
            "experiments_unhandled_exceptions_total",
            "Requests that ended in an exception nobody expected.",
            registry=self.registry,
        )

    def observe_request(self, method: str, handler: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(method, handler, str(status)).observe(seconds)

    def observe_call(self, call: str, outcome: str, seconds: float) -> None:
        """Count a call to MLflow."""
        self._calls.labels(call, outcome).observe(seconds)

    def observe_failure(self) -> None:
        """Count a bug."""
        self._failures.inc()


class Observe:
    """Outermost middleware: gives the request its id, then logs and counts its answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap ``app``."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        identity = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        request_id.set(identity)
        status = 500
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = identity
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            self._metrics.observe_failure()
            raise
        finally:
            self._report(scope, status, time.perf_counter() - started)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        # The handler, not the path: a label with ids in it would grow without bound.
        handler = getattr(scope.get("endpoint"), "__name__", "none")
        self._metrics.observe_request(scope["method"], handler, status, seconds)
        level = logging.DEBUG if handler in _QUIET else logging.INFO
        fields = {
            "method": scope["method"],
            "path": scope["path"],
            "handler": handler,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "client": scope["client"][0] if scope.get("client") else None,
        }
        _log.log(level, "request", extra={"fields": fields})
