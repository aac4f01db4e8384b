"""The circuit breaker: after failures in a row an upstream is left alone, then one request probes it."""

from enum import IntEnum


class State(IntEnum):
    """As the metric shows it."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Breaker:
    """Whoever is admitted says what came of it: ``answered``, ``succeeded``, ``failed`` or ``withdrew``.

    Times are of any monotonic clock, in nanoseconds.
    """

    def __init__(self, failures: int, open_for: int) -> None:
        """Open after ``failures`` in a row, for ``open_for``."""
        self._allowed = failures
        self._open_for = open_for
        self._failures = 0
        self._opened: int | None = None
        self._probing = False

    def state(self, now: int) -> State:
        """Half open once one request may probe, and while it does."""
        if self._opened is None:
            return State.CLOSED
        return State.HALF_OPEN if self._probing or now - self._opened >= self._open_for else State.OPEN

    def admit(self, now: int) -> bool:
        """Whether a request may be sent. When half open: one, until it is known what came of it."""
        state = self.state(now)
        if state is State.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        return state is State.CLOSED

    def retry_after(self, now: int) -> int:
        """Nanoseconds until a probe may be sent."""
        return 0 if self._opened is None else max(0, self._opened + self._open_for - now)

    def answered(self) -> None:
        """The answer began: others need not wait for its end. Failures count on until one answer is whole."""
        self._opened = None
        self._probing = False

    def succeeded(self) -> None:
        """The answer is whole."""
        self.answered()
        self._failures = 0

    def failed(self, now: int) -> None:
        """There was no answer, or not a whole one. One that was sent before it opened changes nothing."""
        self._failures += 1
        if self._probing or (self._opened is None and self._failures >= self._allowed):
            self._opened = now
        self._probing = False

    def withdrew(self) -> None:
        """Nobody waited to see what came of it: another may probe."""
        self._probing = False
