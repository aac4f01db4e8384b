"""How many requests an upstream gets at a time, and how many wait in line for it."""

import asyncio
from collections.abc import Callable


class FullError(Exception):
    """No room in the line, or too long a wait."""

    def __init__(self, reason: str) -> None:
        """``reason`` is a label in the metrics."""
        super().__init__(reason)
        self.reason = reason


class Slots:
    """First come, first served."""

    def __init__(self, slots: int, queue: int, seconds: float, on_waiting: Callable[[int], None]) -> None:
        """``on_waiting`` is told how many wait, whenever that changes."""
        self._free = asyncio.Semaphore(slots)
        self._queue = queue
        self._seconds = seconds
        self._waiting = 0
        self._on_waiting = on_waiting

    async def acquire(self) -> None:
        """Take a slot, or raise ``FullError``. Whoever has one gives it back by ``release``."""
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting >= self._queue:
            raise FullError("queue_full")
        self._count(1)
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise FullError("queue_timeout") from error
        finally:
            self._count(-1)

    def release(self) -> None:
        """Give a slot back."""
        self._free.release()

    def _count(self, change: int) -> None:
        self._waiting += change
        self._on_waiting(self._waiting)
