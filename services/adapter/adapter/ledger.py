"""What each team has asked for lately, and what it still may."""

import time

from adapter.buckets import TokenBucket
from adapter.errors import InvalidRequestError, RateLimitError
from adapter.settings import Limits


class _Entry:
    def __init__(self, limits: Limits, now: int) -> None:
        self.limits = limits
        self.requests = TokenBucket(limits.requests_per_minute, now)
        self.tokens = TokenBucket(limits.tokens_per_minute, now)
        self.active = 0


class Ledger:
    """One entry for each team, over all its keys: more keys are not more room."""

    def __init__(self) -> None:
        """Nobody asked for anything yet."""
        self._entries: dict[str, _Entry] = {}

    def enter(self, team: str, limits: Limits) -> None:
        """Count a request in, or raise ``RateLimitError``. Whoever came in leaves by ``leave``."""
        entry = self._entries.setdefault(team, _Entry(limits, time.monotonic_ns()))
        if entry.active >= limits.concurrent:
            raise RateLimitError(
                f"More than {limits.concurrent} requests at a time.",
                code="too_many_concurrent_requests",
                retry_after=1,
            )
        if wait := entry.requests.take(1, time.monotonic_ns()):
            raise RateLimitError(
                f"More than {limits.requests_per_minute} requests per minute.",
                code="requests_per_minute_exceeded",
                retry_after=wait / 1e9,
            )
        entry.active += 1

    def leave(self, team: str) -> None:
        """Count a request out."""
        self._entries[team].active -= 1

    def reserve(self, team: str, tokens: int) -> None:
        """Set ``tokens`` aside for a request that is in; they are settled at its end."""
        entry = self._entries[team]
        most = entry.limits.tokens_per_minute
        if tokens > most:
            raise InvalidRequestError(
                f"May take {tokens} tokens of {most} per minute: ask for fewer, in max_tokens or n.",
                code="tokens_per_minute_exceeded",
            )
        if wait := entry.tokens.take(tokens, time.monotonic_ns()):
            raise RateLimitError(
                f"More than {most} tokens per minute.",
                code="tokens_per_minute_exceeded",
                retry_after=wait / 1e9,
            )

    def settle(self, team: str, reserved: int, used: int) -> None:
        """Pay for what was used, whatever was reserved."""
        self._entries[team].tokens.settle(reserved, used, time.monotonic_ns())
