"""A fast training that shows whether it was resumed rightly: a random walk of two generators."""

import os
import random
import time
from pathlib import Path

import numpy as np
from harness import Session


def train(session: Session) -> dict[str, float]:
    """Walk. Which way depends on every random number since the first step."""
    place = 0.0
    if session.restored:
        place = float((session.restored / "place").read_text())

    def save(folder: Path) -> None:
        (folder / "place").write_text(repr(place))

    steps = int(session.hyperparameters["steps"])
    for step in range(session.step + 1, steps + 1):
        place = 0.9 * place + random.gauss() + np.random.standard_normal() * 0.1  # noqa: NPY002
        _pause(step)
        session.done(step, save, {"place": place})
    return {"end": place}


def _pause(step: int) -> None:
    """Tell a test where it is, and wait there for what the test does."""
    folder = os.environ.get("WALK_FOLDER")
    if folder is None or step != int(os.environ["WALK_STOPS_AT"]):
        return
    Path(folder, "reached").touch()
    go_on = Path(folder, "go-on")
    while not go_on.exists():
        time.sleep(0.02)


def crash(session: Session) -> None:
    """Fail after the second step, the first time."""

    def save(folder: Path) -> None:
        (folder / "here").touch()

    for step in range(session.step + 1, 4):
        session.done(step, save, {"loss": 1 / step})
        if step == 2 and session.restored is None:
            raise RuntimeError("the loss is not a number")
