"""How the process ends: ready no more, then closed to what is new, then empty, then gone."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from adapter.errors import DrainingError
from adapter.settings import Drain as DrainSettings

_log = logging.getLogger(__name__)


class Drain:
    """Counts what is under way, and waits for it when the time has come."""

    def __init__(self, settings: DrainSettings, on_begin: Callable[[], None]) -> None:
        """``on_begin`` is called once, when the end begins."""
        self._settings = settings
        self._on_begin = on_begin
        self._active = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self._refusing = False
        self.draining = False
        """Whether the end has begun: readiness is false, and each answer is the last of its connection."""

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Count one request, from its arrival to its end."""
        self._active += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._active -= 1
            if self._active == 0:
                self._empty.set()

    def check(self) -> None:
        """Refuse what is new, once it must be: raises ``DrainingError``."""
        if self._refusing:
            raise DrainingError("This replica is shutting down.", retry_after=1)

    async def run(self) -> None:
        """From the signal to the end of the last request, or of the time for it."""
        if self.draining:
            return
        self.draining = True
        self._on_begin()
        _log.info("ending: not ready any more", extra={"fields": {"in_flight": self._active}})
        await asyncio.sleep(self._settings.delay_seconds)
        self._refusing = True
        _log.info("ending: no new requests", extra={"fields": {"in_flight": self._active}})
        try:
            async with asyncio.timeout(self._settings.grace_seconds):
                await self._empty.wait()
        except TimeoutError:
            _log.warning("ending: the grace period is over", extra={"fields": {"cut": self._active}})
