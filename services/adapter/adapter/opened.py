"""An answer of an upstream that has begun."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable

import httpx

from adapter.breaker import Breaker
from adapter.failures import Failure, FailureError
from adapter.settings import Timeouts
from adapter.sse import Event, EventSplitter, MalformedError, parse_object

LARGEST = 64 * 2**20
"""Bytes of an answer that is not streamed."""


class Opened:
    """Whoever opened it closes it; only then others get its slot, and the breaker knows what came of it."""

    def __init__(
        self, name: str, model: str, breaker: Breaker, timeouts: Timeouts, release: Callable[[], None]
    ) -> None:
        """Of the upstream ``name``; nothing was sent yet."""
        self.upstream = name
        self.model = model
        self.response: httpx.Response | None = None
        self.body: dict[str, object] = {}
        self._breaker = breaker
        self._timeouts = timeouts
        self._release: Callable[[], None] | None = release
        self._deadline = time.monotonic() + timeouts.total
        self._batches: AsyncGenerator[list[Event], None] | None = None
        self._first: list[Event] = []
        self._complete = False
        self._failure: Failure | None = None

    async def begin_stream(self, response: httpx.Response) -> None:
        """Wait for the first events."""
        self._batches = self._split(response)
        try:
            self._first = await anext(self._batches)
        except StopAsyncIteration as error:
            raise FailureError(Failure.CUT) from error
        _check(self._first)
        self._breaker.answered()

    async def read_whole(self, response: httpx.Response) -> dict[str, object]:
        """The body, an object."""
        body = bytearray()
        async for received in response.aiter_raw():
            body += received
            if len(body) > LARGEST:
                raise MalformedError("the answer is too large")
        return parse_object(bytes(body))

    def complete(self) -> None:
        """The answer is whole."""
        self._complete = True

    async def events(self) -> AsyncGenerator[list[Event], None]:
        """All events, as many at a time as came together; ``FailureError`` where they break off."""
        batch: list[Event] | None = self._first
        try:
            while batch:
                _check(batch)
                yield [event for event in batch if event.content is not None]
                if any(event.content is None for event in batch):
                    self.complete()
                    return
                batch = await self._next()
        except FailureError as error:
            self._failure = error.failure
            raise
        self._failure = Failure.CUT
        raise FailureError(Failure.CUT)

    async def close(self, failure: Failure | None = None) -> None:
        """End it. Where it is not whole, its connection is closed, and the engine stops to generate."""
        release, self._release = self._release, None
        if release is None:
            return
        release()
        failure = failure or self._failure
        if self._complete:
            self._breaker.succeeded()
        elif failure is not None and failure.counts:
            self._breaker.failed(time.monotonic_ns())
        else:
            self._breaker.withdrew()
        if self._batches is not None:
            await self._batches.aclose()
        if self.response is not None:
            await self.response.aclose()

    async def _next(self) -> list[Event] | None:
        left = min(self._timeouts.between_tokens, self._deadline - time.monotonic())
        try:
            async with asyncio.timeout(left):
                return await anext(self._batches, None) if self._batches else None
        except TimeoutError as error:
            raise FailureError(Failure.TIMEOUT) from error
        except httpx.HTTPError as error:
            raise FailureError(failure_of(error), type(error).__name__) from error
        except MalformedError as error:
            raise FailureError(Failure.MALFORMED, str(error)) from error

    async def _split(self, response: httpx.Response) -> AsyncGenerator[list[Event], None]:
        splitter = EventSplitter()
        async for received in response.aiter_raw():
            if batch := list(splitter.feed(received)):
                yield batch


def _check(batch: list[Event]) -> None:
    if any(event.content and "error" in event.content for event in batch):
        raise FailureError(Failure.REPORTED)


def failure_of(error: httpx.HTTPError) -> Failure:
    """In one word."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Failure.CONNECT
    return Failure.TIMEOUT if isinstance(error, httpx.TimeoutException) else Failure.DISCONNECTED
