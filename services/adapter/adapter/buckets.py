"""The token bucket: how much, how often.

Time is in nanoseconds and amounts are integers, so that nothing is lost or won by rounding, however often a
bucket is asked.
"""

_MINUTE = 60_000_000_000


class TokenBucket:
    """Holds at most one minute's worth, and fills evenly. Starts full."""

    def __init__(self, per_minute: int, now: int) -> None:
        """``now`` is any monotonic clock's, as for all methods."""
        # In units of which one nanosecond brings `per_minute` and one token takes `_MINUTE`.
        self._rate = per_minute
        self._capacity = per_minute * _MINUTE
        self._level = self._capacity
        self._filled = now

    def take(self, amount: int, now: int) -> int:
        """Take ``amount``: 0 if it was there; else nothing is taken, and the nanoseconds until it may be.

        ``amount`` must not be above one minute's worth: no wait would bring it.
        """
        self._fill(now)
        missing = amount * _MINUTE - self._level
        if missing > 0:
            return -(-missing // self._rate)
        self._level -= amount * _MINUTE
        return 0

    def settle(self, reserved: int, used: int, now: int) -> None:
        """Give back what was reserved and not used, or take what was used beyond it, into debt if need be."""
        self._fill(now)
        self._level = min(self._capacity, self._level + (reserved - used) * _MINUTE)

    def _fill(self, now: int) -> None:
        self._level = min(self._capacity, self._level + max(0, now - self._filled) * self._rate)
        self._filled = max(self._filled, now)
