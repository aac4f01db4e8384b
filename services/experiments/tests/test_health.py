"""Readiness asks MLflow rarely, one question at a time, and waits for no answer too long."""

import asyncio
import threading
import time

import pytest
from experiments.health import Readiness
from experiments.problems import TrackingSlowError, TrackingUnavailableError
from experiments.settings import Settings


class Mlflow:
    """Answers when it may, and counts."""

    def __init__(self, *, up: bool = True) -> None:
        self.asked = 0
        self.up = up
        self.may_answer = threading.Event()
        self.may_answer.set()

    def ping(self) -> None:
        self.asked += 1
        self.may_answer.wait(10)
        if not self.up:
            raise TrackingUnavailableError("down")


def test_one_question_for_many_checks() -> None:
    mlflow = Mlflow()
    readiness = Readiness(mlflow.ping, Settings())

    async def check_often() -> None:
        await asyncio.gather(*(readiness.check() for _ in range(20)))
        await readiness.check()

    asyncio.run(check_often())
    assert mlflow.asked == 1


def test_an_answer_grows_stale_good_or_bad() -> None:
    mlflow = Mlflow(up=False)
    readiness = Readiness(mlflow.ping, Settings(readiness_ttl=0.2))

    async def check_until_back() -> None:
        for _ in range(2):
            with pytest.raises(TrackingUnavailableError):
                await readiness.check()
        assert mlflow.asked == 1
        mlflow.up = True
        await asyncio.sleep(0.3)
        await readiness.check()
        mlflow.up = False
        await asyncio.sleep(0.3)
        with pytest.raises(TrackingUnavailableError):
            await readiness.check()

    asyncio.run(check_until_back())
    assert mlflow.asked == 3


def test_a_late_answer_is_not_waited_for_and_still_counts() -> None:
    mlflow = Mlflow()
    mlflow.may_answer.clear()
    readiness = Readiness(mlflow.ping, Settings(readiness_timeout=0.2))

    async def check_while_slow() -> None:
        for _ in range(3):
            started = time.monotonic()
            with pytest.raises(TrackingSlowError):
                await readiness.check()
            assert time.monotonic() - started < 2
        mlflow.may_answer.set()
        await asyncio.sleep(0.2)
        await readiness.check()

    asyncio.run(check_while_slow())
    assert mlflow.asked == 1
