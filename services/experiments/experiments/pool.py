"""Blocking calls off the event loop: a fixed number of threads, a bounded queue, a deadline for each."""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import BoundedSemaphore
from typing import Concatenate, ParamSpec, TypeVar

from experiments.observability import Metrics
from experiments.problems import ProblemError, TrackingBusyError, TrackingSlowError
from experiments.settings import Settings
from experiments.tracking import Tracking

P = ParamSpec("P")
T = TypeVar("T")


class TrackingPool:
    """Runs methods of ``Tracking`` on threads of its own, so that a slow MLflow never stops the loop."""

    def __init__(self, tracking: Tracking, settings: Settings, metrics: Metrics) -> None:
        """Start no thread yet: the first calls do."""
        self._tracking = tracking
        self._deadline = settings.deadline
        self._retry_after = settings.retry_after
        self._metrics = metrics
        self._room = BoundedSemaphore(settings.concurrency + settings.queue)
        self._threads = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="mlflow")

    async def call(
        self, method: Callable[Concatenate[Tracking, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Answer with what ``method`` returns, or raise a problem: its own, too busy, or too late."""
        if not self._room.acquire(blocking=False):
            raise TrackingBusyError("Too many requests wait for MLflow.", retry_after=self._retry_after)
        context = contextvars.copy_context()
        started = time.perf_counter()
        work: Future[T] = self._threads.submit(context.run, partial(method, self._tracking, *args, **kwargs))
        # Not when the caller gives up: a thread that still waits for MLflow still takes up room.
        work.add_done_callback(lambda _: self._room.release())
        outcome = "error"
        try:
            with self._metrics.waiting.track_inprogress():
                async with asyncio.timeout(self._deadline):
                    result = await asyncio.wrap_future(work)
            outcome = "ok"
        except TimeoutError as error:
            outcome = "late"
            raise TrackingSlowError(f"MLflow did not answer within {self._deadline:g} s.") from error
        except ProblemError as error:
            outcome = error.kind or "error"
            raise
        finally:
            self._metrics.observe_call(method.__name__, outcome, time.perf_counter() - started)
        return result

    def close(self) -> None:
        """Drop what waits. Calls under way end by their own timeouts."""
        self._threads.shutdown(wait=False, cancel_futures=True)
