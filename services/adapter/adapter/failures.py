"""Why an upstream has no answer, and what a client is told when none has one."""

from collections.abc import Sequence
from enum import StrEnum

from adapter.errors import ApiError, UnavailableError, UpstreamError, UpstreamSlowError


class Failure(StrEnum):
    """In one word: a label in the metrics."""

    CONNECT = "connect"
    DISCONNECTED = "disconnected"
    TIMEOUT = "timeout"
    STATUS = "bad_status"
    MALFORMED = "malformed"
    CUT = "cut_short"
    REPORTED = "reported"
    """An error in the middle of a stream, by the engine itself."""
    BUSY = "busy"
    BREAKER_OPEN = "breaker_open"
    QUEUE_FULL = "queue_full"
    QUEUE_TIMEOUT = "queue_timeout"

    @property
    def counts(self) -> bool:
        """Whether the breaker counts it: a busy engine is well."""
        return self not in _BUSY


_BUSY = frozenset({Failure.BUSY, Failure.BREAKER_OPEN, Failure.QUEUE_FULL, Failure.QUEUE_TIMEOUT})
_AWAY = _BUSY | {Failure.CONNECT}


class FailureError(Exception):
    """This upstream has no answer; another may."""

    def __init__(self, failure: Failure, detail: str = "", retry_after: float | None = None) -> None:
        """``detail`` is for the log, ``retry_after`` in seconds."""
        super().__init__(detail or failure.value)
        self.failure = failure
        self.retry_after = retry_after


def told(failures: Sequence[FailureError]) -> ApiError:
    """What the client is told after each upstream of the chain failed: by the best hope there is."""
    kinds = {error.failure for error in failures}
    if kinds & _AWAY:
        hints = [error.retry_after for error in failures if error.retry_after is not None]
        return UnavailableError("No engine can answer now.", retry_after=min(hints, default=1.0))
    if Failure.TIMEOUT in kinds:
        return UpstreamSlowError("The engine did not answer in time.")
    return UpstreamError("The engine's answer was of no use.")
