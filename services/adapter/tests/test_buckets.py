"""The token bucket keeps its promises exactly, whatever is asked of it and when."""

from adapter.buckets import TokenBucket
from hypothesis import given
from hypothesis import strategies as st

MINUTE = 60_000_000_000

rates = st.integers(1, 10_000_000)
steps = st.lists(st.tuples(st.integers(0, 2 * MINUTE), st.integers(0, 10_000_000)), max_size=40)


@given(rates, steps)
def test_never_gives_more_than_a_full_bucket_and_what_flowed_in(
    rate: int, asked: list[tuple[int, int]]
) -> None:
    bucket = TokenBucket(rate, 0)
    now = taken = 0
    for pause, amount in asked:
        now += pause
        if bucket.take(min(amount, rate), now) == 0:
            taken += min(amount, rate)
        assert taken * MINUTE <= rate * (MINUTE + now)


@given(rates, steps, st.integers(1, 10_000_000))
def test_says_exactly_how_long_to_wait(rate: int, asked: list[tuple[int, int]], last: int) -> None:
    bucket = TokenBucket(rate, 0)
    now = 0
    for pause, amount in asked:
        now += pause
        bucket.take(min(amount, rate), now)
    wanted = min(last, rate)
    if wait := bucket.take(wanted, now):
        assert bucket.take(wanted, now + wait - 1) > 0
        assert bucket.take(wanted, now + wait) == 0


@given(rates, st.lists(st.integers(0, 100), min_size=1, max_size=50))
def test_is_not_refilled_by_being_asked(rate: int, pauses: list[int]) -> None:
    asked, left_alone = TokenBucket(rate, 0), TokenBucket(rate, 0)
    asked.take(rate, 0)
    left_alone.take(rate, 0)
    now = 0
    for pause in pauses:
        now += pause
        asked.settle(0, 0, now)
    assert asked.take(rate, now) == left_alone.take(rate, now)


@given(rates, st.data())
def test_gets_back_what_was_not_used_and_no_more(rate: int, data: st.DataObject) -> None:
    bucket = TokenBucket(rate, 0)
    reserved = data.draw(st.integers(0, rate))
    used = data.draw(st.integers(0, 3 * rate))
    bucket.take(reserved, 0)
    bucket.settle(reserved, used, 0)
    # Whoever used more than there was waits until the debt is paid.
    assert bucket.take(rate, 0) == -(-used * MINUTE // rate)


def test_time_that_goes_back_takes_nothing_away() -> None:
    bucket = TokenBucket(60, 10 * MINUTE)
    bucket.take(60, 10 * MINUTE)
    assert bucket.take(1, 9 * MINUTE) == MINUTE // 60
    assert bucket.take(1, 10 * MINUTE + MINUTE // 60) == 0
