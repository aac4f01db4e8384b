"""Locks between the pods of a node that share a cache; the kernel drops them with their process."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_AGAIN = 0.2
_TELL_EVERY = 15.0


def hold(path: Path) -> int | None:
    """Takes a shared lock that says that something is in use, until this process and what it becomes end.

    Returns:
        Its descriptor, or None where the folder can't be written, so that nobody can remove anything either.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        return None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    # When it was used last is when this was held last.
    os.utime(descriptor)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - its only argument
    return descriptor


@contextmanager
def alone(path: Path, tell: Callable[[], None]) -> Iterator[None]:
    """Waits until no other process holds it, and says so every 15 seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        told = 0.0
        while not _try(descriptor):
            if time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                tell()
            time.sleep(_LOOK_AGAIN)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def if_free(path: Path) -> Iterator[bool]:
    """Takes a lock if nobody holds it; says whether it did."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        yield _try(descriptor)
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
