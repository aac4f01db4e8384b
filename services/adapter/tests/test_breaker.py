"""The breaker against the few rules that it is made of."""

from adapter.breaker import Breaker, State
from hypothesis import given
from hypothesis import strategies as st

OPEN_FOR = 100


def opened(failures: int = 3, now: int = 0) -> Breaker:
    breaker = Breaker(failures, OPEN_FOR)
    for _ in range(failures):
        assert breaker.admit(now)
        breaker.failed(now)
    return breaker


@given(st.integers(1, 10), st.integers(0, 10**6))
def test_opens_after_failures_in_a_row_and_not_before(failures: int, now: int) -> None:
    breaker = Breaker(failures, OPEN_FOR)
    for _ in range(failures):
        assert breaker.state(now) is State.CLOSED
        breaker.failed(now)
    assert breaker.state(now) is State.OPEN
    assert not breaker.admit(now + OPEN_FOR - 1)
    assert breaker.retry_after(now + 40) == 60


@given(st.lists(st.sampled_from(["whole", "failed"]), max_size=60))
def test_only_failures_in_a_row_count(outcomes: list[str]) -> None:
    breaker = Breaker(4, OPEN_FOR)
    row = 0
    for outcome in outcomes:
        row = 0 if outcome == "whole" else row + 1
        breaker.succeeded() if outcome == "whole" else breaker.failed(0)
        if row == 4:
            assert breaker.state(0) is State.OPEN
            return
        assert breaker.state(0) is State.CLOSED


def test_one_probe_at_a_time() -> None:
    breaker = opened()
    assert breaker.state(OPEN_FOR) is State.HALF_OPEN
    assert breaker.admit(OPEN_FOR)
    assert not breaker.admit(OPEN_FOR)
    assert not breaker.admit(10 * OPEN_FOR)
    breaker.withdrew()
    assert breaker.admit(10 * OPEN_FOR)


def test_a_probe_that_fails_opens_it_for_as_long_again() -> None:
    breaker = opened()
    assert breaker.admit(OPEN_FOR)
    breaker.failed(150)
    assert breaker.state(150 + OPEN_FOR - 1) is State.OPEN
    assert breaker.admit(150 + OPEN_FOR)


def test_a_probe_that_is_answered_lets_others_in_before_it_ends() -> None:
    breaker = opened()
    assert breaker.admit(OPEN_FOR)
    breaker.answered()
    assert breaker.admit(OPEN_FOR)
    # But until one answer is whole, the next failure is one too many.
    breaker.failed(OPEN_FOR)
    assert breaker.state(OPEN_FOR) is State.OPEN


def test_late_failures_keep_it_open_no_longer() -> None:
    breaker = opened()
    breaker.failed(90)
    assert breaker.admit(OPEN_FOR)
