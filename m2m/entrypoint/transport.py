"""HTTP as the hub and S3 need it: kept connections, time limits, retries with backoff."""

import http.client
import os
import random
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from entrypoint.failures import Exit, Failure, Transient
from entrypoint.log import Log

T = TypeVar("T")

_STALLED = 30.0
"""Seconds without a byte after which a connection is given up."""
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 20.0
_LONGEST_ASKED_WAIT = 300.0
"""Seconds that a server may ask to be left alone: the hub counts its limits over 5 minutes."""

_READ_OUT = 65_536
"""Bytes of an answer that nobody wants which are read all the same, to keep the connection."""

TOO_MANY = 429
SERVER_ERROR = 500

WORTH_A_RETRY = (OSError, http.client.HTTPException, Transient)
"""A certificate that isn't valid is an OSError as well; it is sorted out in `retrying`."""


class Answer:
    """A server's answer, whose body is read as it arrives."""

    def __init__(self, response: http.client.HTTPResponse, drop: Callable[[], None]) -> None:
        """Takes what closes the connection."""
        self.status = response.status
        self._response = response
        self._drop = drop

    def header(self, name: str) -> str | None:
        """The value of a header, whatever its case."""
        return self._response.getheader(name)

    def read(self, count: int | None = None) -> bytes:
        """Reads at most so many bytes, or all; b"" at the end.

        Raises:
            Transient: the connection was cut before the end.
        """
        try:
            data = self._response.read(count)
        except WORTH_A_RETRY as error:
            self._drop()
            raise Transient(f"the connection was lost: {_name(error)}") from error
        if not data and self._response.length:
            # http.client tells of a missing rest only to those who ask for all.
            self._drop()
            raise Transient(f"the connection was lost with {self._response.length} bytes to come")
        return data

    def close(self) -> None:
        """Keeps the connection if little or nothing of the body is left, else gives it up."""
        left = self._response.length
        try:
            if left is not None and left <= _READ_OUT:
                self._response.read()
        except WORTH_A_RETRY:
            pass
        if not self._response.isclosed():
            self._drop()


class Transport:
    """Sends requests; each thread keeps its connections."""

    def __init__(self, log: Log, attempts: int) -> None:
        """Takes how often a request is tried in all."""
        self._log = log
        self._attempts = attempts
        self._kept = threading.local()
        self._tls: ssl.SSLContext | None = None

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Sends one request once, and follows no redirect.

        Raises:
            OSError, http.client.HTTPException: there was no answer.
            Transient: the server is busy or broken.
        """
        parts = urlsplit(url)
        connection, target = self._connect(parts)
        drop = connection.close
        try:
            connection.request(method, target, body=body, headers=dict(headers))
            response = connection.getresponse()
        except BaseException:
            drop()
            raise
        answer = Answer(response, drop)
        if answer.status == TOO_MANY or answer.status >= SERVER_ERROR:
            wait = _asked_wait(answer)
            answer.close()
            raise Transient(f"it answered {answer.status}", wait)
        return answer

    def _connect(self, parts: SplitResult) -> tuple[http.client.HTTPConnection, str]:
        """The connection of this thread to a server, and what to ask it for."""
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        kept: dict[str, http.client.HTTPConnection] = self._kept.__dict__
        address = f"{parts.scheme}://{parts.netloc}"
        proxy = _proxy(parts)
        if address not in kept:
            kept[address] = self._new(parts, proxy)
        if proxy is not None and parts.scheme == "http":
            target = f"{address}{target}"
        return kept[address], target

    def _new(self, parts: SplitResult, proxy: SplitResult | None) -> http.client.HTTPConnection:
        to = proxy or parts
        host = to.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, to.port, timeout=_STALLED)
        self._tls = self._tls or ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
        secure = http.client.HTTPSConnection(host, to.port, timeout=_STALLED, context=self._tls)
        if proxy is not None:
            secure.set_tunnel(parts.hostname or "", parts.port or 443)
        return secure

    def retrying(self, what: str, action: Callable[[], T], stopped: threading.Event | None = None) -> T:
        """Does it again, after 0.5 s, 1 s and so on up to 20 s (less jitter), while a retry may mend it.

        Args:
            what: for messages.
            action: what is done.
            stopped: ends a wait early.

        Raises:
            Failure: it was tried often enough.
        """
        for attempt in range(1, self._attempts + 1):
            try:
                return action()
            except WORTH_A_RETRY as error:
                if attempt == self._attempts or isinstance(error, ssl.SSLCertVerificationError):
                    raise Failure(
                        Exit.UNREACHABLE,
                        f"{what}: {_name(error)} (attempt {attempt} of {self._attempts})",
                        "See whether the pod may get there (network policy, proxy, VPC endpoint) and whether "
                        "the service is up; the next start goes on where this one stopped",
                    ) from error
                asked = error.wait if isinstance(error, Transient) else None
                grown = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (attempt - 1))
                # Half of it is jitter: pods that start together must not retry together.
                wait = asked if asked is not None else grown * random.uniform(0.5, 1.0)  # noqa: S311
                self._log.warning(
                    f"{what}: {_name(error)}; trying again", attempt=attempt, waitSeconds=round(wait, 1)
                )
                (stopped or threading.Event()).wait(wait)
        raise AssertionError


def _proxy(parts: SplitResult) -> SplitResult | None:
    address = getproxies().get(parts.scheme)
    if address is None or proxy_bypass(parts.hostname or ""):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")


def _asked_wait(answer: Answer) -> float | None:
    """Seconds after which a server wants to be asked again; the hub says it as `"api";r=0;t=55`."""
    asked = answer.header("Retry-After")
    if asked is None and answer.status == TOO_MANY:
        limits = (answer.header("RateLimit") or "").split(";")
        asked = next((part.strip()[2:] for part in limits if part.strip().startswith("t=")), None)
    if asked is None or not asked.isdigit():
        return None
    return min(float(asked), _LONGEST_ASKED_WAIT)


def _name(error: BaseException) -> str:
    text = str(error)
    return text if isinstance(error, Transient) else f"{type(error).__name__}{f': {text}' if text else ''}"
