"""Corrections of moto's RDS."""

from collections.abc import Iterable
from typing import Any

from moto.rds.models import DBInstance, DBParameterGroup

from simulated_aws.durations import settle


def extend() -> None:
    settle(DBInstance, "status", "rds-instance", "creating", "available")
    name_sources()


def name_sources() -> None:
    """A parameter that was set says so.

    The provider reads the user's alone, and moto 5.2.5 names no source.
    """
    original = DBParameterGroup.update_parameters

    def update_parameters(self: Any, new_parameters: Iterable[dict[str, Any]]) -> None:
        original(self, [{"Source": "user"} | each for each in new_parameters])

    DBParameterGroup.update_parameters = update_parameters  # type: ignore[method-assign]
