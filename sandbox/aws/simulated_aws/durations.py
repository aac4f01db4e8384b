"""How long AWS takes, and how much of that the simulation waits."""

import os
import time
from typing import Any

seconds = {
    "eks-cluster": 600,
    "eks-nodegroup": 180,
    "eks-addon": 60,
    "rds-instance": 480,
    "nat-gateway": 100,
    "ec2-instance": 60,
}
"""Usual times from the request until the resource is ready, in seconds.

What users and AWS's own guides name: an EKS control plane about 10 minutes, a managed node group 2 to 4, an
add-on about 1; an RDS instance with backups 5 to 10; a NAT gateway under 2; an instance joins in a minute.
"""

speed = max(int(os.environ.get("AI_PLATFORM_AWS_SPEED", "1")), 1)
"""What times are divided by. The provider divides its own waits by the same number."""


def scaled(kind: str) -> float:
    """What the simulation waits, in seconds."""
    return seconds[kind] / speed


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
