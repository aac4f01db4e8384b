"""Answers from an upstream, streamed or whole: nothing is buffered, and who leaves stops the engine."""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from adapter.call import Account, Call
from adapter.chain import Chain
from adapter.dialect import Dialect
from adapter.errors import ApiError, UpstreamError, UpstreamSlowError
from adapter.failures import Failure, FailureError
from adapter.metrics import Metrics
from adapter.opened import Opened
from adapter.sse import Event
from adapter.usage import has_text, report
from adapter.visit import CLIENT_GONE

_log = logging.getLogger(__name__)

_STREAM = {
    "Cache-Control": "no-cache, no-transform",
    # For nginx on the way; Traefik buffers only where its `buffering` middleware says so.
    "X-Accel-Buffering": "no",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be answered, by whom and how."""

    call: Call
    chain: Chain
    dialect: Dialect
    headers: Mapping[str, str]
    """For the upstream."""
    heartbeat: float
    """Seconds without a word after which a stream says that it lives."""


class Reply(Response):
    """Calls the upstreams only when it is sent: then it can tell whether the client is still there."""

    def __init__(self, order: Order, account: Account, metrics: Metrics) -> None:
        """What comes of ``order`` goes into ``account`` and ``metrics``."""
        super().__init__()
        self._order = order
        self._dialect = order.dialect
        self._account = account
        self._metrics = metrics
        self._started = False
        self._written = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's
        """Answer, unless the client leaves before."""
        work = asyncio.create_task(self._stream(send) if self._order.call.stream else self._whole(send))
        gone = asyncio.create_task(_left(receive))
        tasks = [work, gone]
        if self._order.call.stream:
            tasks.append(asyncio.create_task(self._beat(send)))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self._account.outcome = "client_gone"
                self._account.status = self._account.status or CLIENT_GONE
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not work.cancelled():
            work.result()

    async def _whole(self, send: Send) -> None:
        opened, fallback = await self._order.chain.open(self._order.call, self._order.headers)
        self._note(opened, fallback=fallback)
        report(self._account.usage, opened.body)
        await opened.close()
        self._account.outcome = "ok"
        content = json.dumps(self._dialect.whole(opened.body, self._account), ensure_ascii=False)
        body = content.encode(errors="replace")
        await self._start(
            send, {"Content-Type": "application/json", "Content-Length": str(len(body))}, opened
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _stream(self, send: Send) -> None:
        try:
            opened, fallback = await self._order.chain.open(self._order.call, self._order.headers)
        except ApiError as error:
            if not self._started:
                raise
            await self._break(send, error)
            return
        try:
            self._note(opened, fallback=fallback)
            if self._started:
                await self._write(send, self._dialect.served_by(opened.model))
            await self._pump(send, opened)
            self._account.outcome = "ok"
            await self._write(send, self._dialect.end(self._account), more=False)
        except FailureError as error:
            self._metrics.failed(opened.upstream, error.failure)
            fields = {"upstream": opened.upstream, "failure": error.failure, "cause": str(error)}
            _log.warning("a stream broke off", extra={"fields": fields})
            await self._break(send, _midway(error))
        finally:
            await opened.close()

    async def _pump(self, send: Send, opened: Opened) -> None:
        before: int | None = None
        async with aclosing(opened.events()) as batches:
            async for batch in batches:
                now = time.monotonic_ns()
                written, texts = self._translate(batch)
                if texts:
                    if before is None:
                        self._account.first_token = now
                    else:
                        self._metrics.between(self._account.model, (now - before) / 1e9, texts)
                    before = now
                if not self._started:
                    await self._start(send, self._of_stream(), opened)
                if written:
                    await self._write(send, written)

    def _translate(self, events: list[Event]) -> tuple[bytes, int]:
        """What to write, and how many of the events carry text."""
        usage = self._account.usage
        parts, texts = [], 0
        for event in events:
            content = event.content or {}
            if has_text(content):
                texts += 1
                usage.generated += 0 if usage.reported else 1
            report(usage, content)
            parts.append(self._dialect.event(event.raw, content))
        return b"".join(parts), texts

    def _note(self, opened: Opened, *, fallback: bool) -> None:
        account = self._account
        account.upstream, account.served_model, account.fallback = opened.upstream, opened.model, fallback
        # Until the engine says it.
        account.usage.prompt = self._order.call.prompt_estimate

    async def _start(self, send: Send, headers: Mapping[str, str], opened: Opened | None) -> None:
        self._started = True
        served = {"X-Served-Model": opened.model, "X-Served-Upstream": opened.upstream} if opened else {}
        if self._account.fallback:
            served["X-Served-Fallback"] = "true"
        pairs = [(name.lower().encode(), value.encode()) for name, value in {**headers, **served}.items()]
        await send({"type": "http.response.start", "status": 200, "headers": pairs})

    def _of_stream(self) -> dict[str, str]:
        return {"Content-Type": self._dialect.media_type, **_STREAM}

    async def _write(self, send: Send, body: bytes, *, more: bool = True) -> None:
        self._written = time.monotonic()
        await send({"type": "http.response.body", "body": body, "more_body": more})

    async def _break(self, send: Send, error: ApiError) -> None:
        self._account.outcome = error.code
        if not self._started:
            await self._start(send, self._of_stream(), None)
        await self._write(send, self._dialect.broken(error), more=False)

    async def _beat(self, send: Send) -> None:
        """Write something whenever nothing was written for a while, even before an upstream answers."""
        while True:
            await asyncio.sleep(max(0.0, self._written + self._order.heartbeat - time.monotonic()))
            if time.monotonic() < self._written + self._order.heartbeat:
                continue
            if not self._started:
                await self._start(send, self._of_stream(), None)
            await self._write(send, self._dialect.heartbeat())


def _midway(error: FailureError) -> ApiError:
    if error.failure is Failure.TIMEOUT:
        return UpstreamSlowError("The engine stopped in the middle of its answer.")
    return UpstreamError("The engine's answer broke off.")


async def _left(receive: Receive) -> None:
    """Return once the client is gone. Its request was read to its end, so that nothing else can come."""
    while (await receive())["type"] != "http.disconnect":
        pass
