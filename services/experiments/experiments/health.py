"""Liveness, readiness and metrics: for the kubelet and Prometheus, outside of the public prefix."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from experiments import __version__
from experiments.problems import ProblemError, TrackingSlowError, TrackingUnavailableError, documented
from experiments.settings import Settings


class Health(BaseModel):
    """That the service is well, and which one it is."""

    status: Literal["ok", "ready"]
    version: str = __version__


class Readiness:
    """Whether MLflow answers, asked at most once at a time and not again while the answer is fresh."""

    def __init__(self, ping: Callable[[], None], settings: Settings) -> None:
        """``ping`` blocks and raises a problem. On a thread of its own: a full pool is not a dead MLflow."""
        self._ping = ping
        self._timeout = settings.readiness_timeout
        self._ttl = settings.readiness_ttl
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readiness")
        self._question: Future[None] | None = None
        self._answered = 0.0

    async def check(self) -> None:
        """Return when MLflow answers; raise a problem when it does not, or not in time."""
        question = self._question
        if question is None or (question.done() and time.monotonic() - self._answered >= self._ttl):
            question = self._question = self._thread.submit(self._ping)
            question.add_done_callback(self._remember)
        try:
            async with asyncio.timeout(self._timeout):
                # Shielded: others wait for the same answer, and this one may still come.
                await asyncio.shield(asyncio.wrap_future(question))
        except TimeoutError as error:
            raise TrackingSlowError(f"MLflow did not answer within {self._timeout:g} s.") from error

    def close(self) -> None:
        """Ask no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _remember(self, _: Future[None]) -> None:
        self._answered = time.monotonic()


router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Health:
    """Liveness. Says nothing about MLflow: a restart of this process would not bring it back."""
    return Health(status="ok")


@router.get("/readyz", summary="Does MLflow answer?", responses=documented(TrackingUnavailableError))
async def readyz(request: Request) -> Health:
    """Readiness: only while MLflow answers."""
    readiness: Readiness = request.app.state.readiness
    try:
        await readiness.check()
    except ProblemError as error:
        raise TrackingUnavailableError(f"Not ready: {error.detail}", retry_after=error.retry_after) from error
    return Health(status="ready")


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    """The service's own figures, in Prometheus's text format."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
