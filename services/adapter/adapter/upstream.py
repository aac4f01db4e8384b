"""One engine: sends requests to it, and says in one word why it has no answer."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

import httpx

from adapter.breaker import Breaker
from adapter.call import Call
from adapter.errors import RefusedError
from adapter.failures import Failure, FailureError
from adapter.opened import Opened, failure_of
from adapter.settings import Breaker as BreakerSettings
from adapter.settings import Upstream as UpstreamSettings
from adapter.slots import FullError, Slots
from adapter.sse import MalformedError

# Not the client's fault: a key of ours that the engine does not take, a model that it does not have.
_OURS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_TIMEOUT}
)


class Upstream:
    """An engine with its connections, its slots and its breaker."""

    def __init__(
        self,
        name: str,
        settings: UpstreamSettings,
        breaker: BreakerSettings,
        on_waiting: Callable[[int], None],
    ) -> None:
        """Connects when the first request comes. Reads the engine's key now; raises ``OSError``."""
        self.name = name
        self.model = settings.model
        self.breaker = Breaker(breaker.failures, int(breaker.open_seconds * 1e9))
        self._timeouts = settings.timeouts
        self._slots = Slots(settings.concurrency, settings.queue, settings.queue_seconds, on_waiting)
        # Not compressed: an event must be readable as soon as it is there.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if settings.api_key_file is not None:
            headers["Authorization"] = f"Bearer {settings.api_key_file.read_text(encoding='utf-8').strip()}"
        self._client = httpx.AsyncClient(
            base_url=str(settings.url),
            headers=headers,
            # Below the 5 s for which uvicorn, and so vLLM, keeps an idle connection: no request goes down
            # one that is being closed.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=4.0),
            timeout=httpx.Timeout(None, connect=self._timeouts.connect),
            trust_env=False,
        )

    async def open(self, call: Call, headers: Mapping[str, str]) -> Opened:
        """Send ``call`` and wait for the first events or the whole answer.

        Raises ``FailureError`` where another upstream may do better, ``RefusedError`` where none would.
        """
        now = time.monotonic_ns()
        if not self.breaker.admit(now):
            raise FailureError(Failure.BREAKER_OPEN, retry_after=self.breaker.retry_after(now) / 1e9)
        try:
            await self._slots.acquire()
        except FullError as full:
            self.breaker.withdrew()
            raise FailureError(Failure(full.reason), retry_after=1.0) from full
        except asyncio.CancelledError:
            self.breaker.withdrew()
            raise
        opened = Opened(self.name, self.model, self.breaker, self._timeouts, self._slots.release)
        try:
            async with asyncio.timeout(self._timeouts.first_token if call.stream else self._timeouts.total):
                await self._begin(opened, call, headers)
        except TimeoutError as error:
            await opened.close(Failure.TIMEOUT)
            raise FailureError(Failure.TIMEOUT) from error
        except FailureError as error:
            await opened.close(error.failure)
            raise
        except RefusedError:
            opened.complete()
            await opened.close()
            raise
        except BaseException:
            await opened.close()
            raise
        return opened

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _begin(self, opened: Opened, call: Call, headers: Mapping[str, str]) -> None:
        # As ASCII: half a surrogate pair, which JSON may hold, is nothing that UTF-8 can.
        content = json.dumps({**call.payload, "model": self.model}).encode()
        request = self._client.build_request(
            "POST", call.endpoint.value.lstrip("/"), content=content, headers=dict(headers)
        )
        try:
            response = opened.response = await self._send(request)
            if response.status_code != HTTPStatus.OK:
                await self._refused(opened, response)
            if call.stream:
                await opened.begin_stream(response)
            else:
                opened.body = await opened.read_whole(response)
                opened.complete()
        except httpx.HTTPError as error:
            raise FailureError(failure_of(error), type(error).__name__) from error
        except MalformedError as error:
            raise FailureError(Failure.MALFORMED, str(error)) from error

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            # Nothing was sent, so that a second try cannot make the engine work twice; a pod that went away
            # may have left the Service by now.
            return await self._client.send(request, stream=True)

    async def _refused(self, opened: Opened, response: httpx.Response) -> None:
        status = response.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = response.headers.get("retry-after", "")
            raise FailureError(Failure.BUSY, retry_after=float(seconds) if seconds.isdecimal() else 1.0)
        if status in _OURS or not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise FailureError(Failure.STATUS, f"status {status}")
        raise RefusedError(status, await opened.read_whole(response))
