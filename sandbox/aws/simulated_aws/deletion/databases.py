"""What databases are made with."""

from typing import Any

from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend

from simulated_aws.deletion.guard import guard


def extend() -> None:
    guard(RDSBackend, "delete_subnet_group", refuse_used_subnet_group)
    guard(RDSBackend, "delete_db_parameter_group", refuse_used_parameter_group)


def refuse_used_subnet_group(rds: Any, name: str) -> None:
    for database in rds.databases.values():
        group = getattr(database, "db_subnet_group", None)
        if group is not None and group.name == name.lower():
            raise RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{name}' because at least one database instance: "
                f"{database.db_instance_identifier} is still using it.",
            )


def refuse_used_parameter_group(rds: Any, name: str) -> None:
    for database in rds.databases.values():
        if name == getattr(database, "db_parameter_group_name", None):
            raise RDSClientError(
                "InvalidDBParameterGroupState",
                f"One or more database instances are still members of this parameter group {name}, "
                "so the group cannot be deleted",
            )
