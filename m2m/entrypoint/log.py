"""Logs: one JSON object a line on standard output, without secrets."""

import json
import os
import threading
import time
from datetime import datetime, timezone
from urllib.parse import urlsplit

_HIDDEN = "***"
_SHORTEST_SECRET = 8


class Log:
    """Writes whole lines at once, also from threads and signal handlers."""

    def __init__(self, file: int = 1) -> None:
        """Takes the descriptor to write to."""
        self._file = file
        self._secrets: tuple[str, ...] = ()

    def hide(self, *secrets: str | None) -> None:
        """Never shows these: a second line of defence, after not logging them."""
        new = (secret for secret in secrets if secret is not None and len(secret) >= _SHORTEST_SECRET)
        self._secrets = (*self._secrets, *new)

    def info(self, message: str, **fields: object) -> None:
        """What goes on."""
        self._write("info", message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """What is not as it should be and doesn't stop the start."""
        self._write("warning", message, fields)

    def error(self, message: str, **fields: object) -> None:
        """Why the start ends."""
        self._write("error", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "level": level, "message": message, **fields})
        for secret in self._secrets:
            line = line.replace(json.dumps(secret)[1:-1], _HIDDEN)
        os.write(self._file, f"{line}\n".encode())


def shown(url: str) -> str:
    """A URL without its query, which may hold a signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def size(count: float) -> str:
    """Bytes for people: `4.6 GiB`."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB")
    amount, unit = count, 0
    while amount >= 1024 and unit < len(units) - 1:  # noqa: PLR2004 - binary units
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.0f} {units[unit]}" if unit == 0 else f"{amount:.1f} {units[unit]}"


class Progress:
    """Counts bytes that arrive and tells of them every few seconds."""

    def __init__(self, log: Log, message: str, total: int, done: int, every: float = 10.0) -> None:
        """Takes bytes in all, bytes that are there already, and seconds between two lines."""
        self._log = log
        self._message = message
        self._total = total
        self._start = done
        self._done = done
        self._every = every
        self._began = self._told = time.monotonic()
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """So many bytes arrived; a negative number: they were of no use."""
        with self._lock:
            self._done += count
            now = time.monotonic()
            if now - self._told < self._every:
                return
            self._told = now
            done, rate = self._done, (self._done - self._start) / (now - self._began)
        self._tell(done, rate)

    def end(self) -> None:
        """Everything is there."""
        elapsed = max(time.monotonic() - self._began, 0.001)
        self._tell(self._done, (self._done - self._start) / elapsed)

    def _tell(self, done: int, rate: float) -> None:
        left = (self._total - done) / rate if rate > 0 else None
        self._log.info(
            self._message,
            bytes=done,
            totalBytes=self._total,
            bytesPerSecond=round(rate),
            secondsLeft=None if left is None else round(max(left, 0)),
        )
