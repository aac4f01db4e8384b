"""How long AWS takes, and how much of that the simulation waits."""

import json
import os
import time
from pathlib import Path
from typing import Any

seconds: dict[str, float] = {}
"""Usual times from the request until something is ready, in seconds, by its kind. Whoever starts the server
says them: `durations.json` in the state folder has those of the catalog."""

speed = max(int(os.environ.get("AI_PLATFORM_AWS_SPEED", "1")), 1)
"""What times are divided by. The provider divides its own waits by the same number."""


def scaled(kind: str) -> float:
    """What the simulation waits, in seconds."""
    return seconds[kind] / speed


def read(file: Path) -> None:
    """Takes the times from a file, as {"nat-gateway": 100}."""
    seconds.update(json.loads(file.read_text()))


class Settling:
    """A resource between the request and the time that it is ready."""

    def __init__(self, kind: str) -> None:
        self._ready = time.monotonic() + scaled(kind)

    def state(self, before: str, after: str) -> str:
        return before if time.monotonic() < self._ready else after


def settle(model: Any, attribute: str, kind: str, before: str, after: str) -> None:
    """Lets a model of moto's that is ready at once be ready later: `before` stands for `after` until then."""

    def shown(self: Any) -> Any:
        kept = self.__dict__[f"_{attribute}"]
        return self.settling.state(before, after) if kept == after else kept

    def keep(self: Any, value: Any) -> None:
        self.__dict__.setdefault("settling", Settling(kind))
        self.__dict__[f"_{attribute}"] = value

    setattr(model, attribute, property(shown, keep))
