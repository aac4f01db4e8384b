"""Corrections of moto's RDS."""

from collections.abc import Iterable
from typing import Any

from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend

from simulated_aws.durations import settle


def extend() -> None:
    settle(DBInstance, "status", "rds-instance", "creating", "available")
    name_sources()
    keep_insights()


def name_sources() -> None:
    """A parameter that was set says so.

    The provider reads the user's alone, and moto 5.2.5 names no source.
    """
    original = DBParameterGroup.update_parameters

    def update_parameters(self: Any, new_parameters: Iterable[dict[str, Any]]) -> None:
        original(self, [{"Source": "user"} | each for each in new_parameters])

    DBParameterGroup.update_parameters = update_parameters  # type: ignore[method-assign]


def keep_insights() -> None:
    """An instance tells its Performance Insights as they were asked for, which moto 5.2.5 forgets."""
    for method in ("create_db_instance", "modify_db_instance"):
        original = getattr(RDSBackend, method)

        def kept(self: Any, *args: Any, original: Any = original) -> Any:
            database, asked = original(self, *args), args[-1]
            if "enable_performance_insights" in asked:
                database.performance_insights_enabled = asked["enable_performance_insights"]
            for name in ("performance_insights_kms_key_id", "performance_insights_retention_period"):
                if name in asked:
                    setattr(database, name, asked[name])
            return database

        setattr(RDSBackend, method, kept)
