"""Outermost: gives a request its id, counts and logs it at its end, and ends connections that must end."""

import asyncio
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.call import Account
from adapter.drain import Drain
from adapter.metrics import Metrics
from adapter.visit import Visit, request_id

REQUEST_ID_HEADER = "X-Request-ID"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

_DISCARDED = 65536
"""Bytes of a body that nobody reads, for instance because its key is wrong, which are worth a connection."""


class Edge:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics, drain: Drain) -> None:
        """Wrap ``app``."""
        self._app = app
        self._metrics = metrics
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope)
        given = sent.get(REQUEST_ID_HEADER, "")
        identity = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        request_id.set(identity)
        # The endpoint of a path that nothing serves stays "none": paths are the client's words.
        account = Account(identity, endpoint="none", started=time.monotonic_ns())
        visit = scope["visit"] = Visit(account)

        unread = _is_long(sent)

        async def receive_noting() -> Message:
            nonlocal unread
            message = await receive()
            unread = unread and message.get("more_body", False)
            return message

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                account.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = identity
                if self._drain.draining or unread:
                    headers["Connection"] = "close"
            await send(message)

        try:
            with self._drain.visit(), self._metrics.in_flight.track_inprogress():
                await self._app(scope, receive_noting, send_with_id)
        except asyncio.CancelledError:
            account.outcome = "cut_at_shutdown"
            raise
        except Exception:
            account.outcome = "internal_error"
            self._metrics.bugs.inc()
            raise
        finally:
            account.outcome = account.outcome or "ok"
            visit.close(scope["method"], scope["path"])
            self._metrics.finished(account)


def _is_long(headers: Headers) -> bool:
    """Whether a body follows that is long, or of unknown length."""
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or not length.isdecimal() or int(length) > _DISCARDED
