"""What must be gone before something can be deleted, where moto 5.2.5 deletes it regardless."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.eks.models import eks_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend, rds_backends


def extend() -> None:
    guard(EC2Backend, "delete_subnet", refuse_used_subnet)
    guard(EC2Backend, "delete_vpc", refuse_used_vpc)
    guard(EC2Backend, "detach_internet_gateway", refuse_mapped_addresses)
    guard(RDSBackend, "delete_db_subnet_group", refuse_used_subnet_group)
    guard(RDSBackend, "delete_subnet_group", refuse_used_subnet_group)
    guard(RDSBackend, "delete_db_parameter_group", refuse_used_parameter_group)


def guard(backend: Any, method: str, check: Any) -> None:
    """Runs the check, which raises, before the method."""
    original = getattr(backend, method, None)
    if original is None:
        return

    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        check(self, *args, *kwargs.values())
        return original(self, *args, **kwargs)

    setattr(backend, method, guarded)


def subnet_users(ec2: Any, subnet: str) -> Iterator[str]:
    """Everything with a network interface in the subnet."""
    for gateway in ec2.nat_gateways.values():
        if gateway.subnet_id == subnet and gateway.state != "deleted":
            yield gateway.id
    for endpoint in ec2.vpc_end_points.values():
        if subnet in (endpoint.subnet_ids or []):
            yield endpoint.id
    yield from eks_users(eks_backends[ec2.account_id][ec2.region_name], subnet)
    balancers: Any = elbv2_backends[ec2.account_id][ec2.region_name].load_balancers
    for balancer in balancers.values():
        if any(subnet == each.id for each in balancer.subnets):
            yield balancer.arn
    for database in rds_backends[ec2.account_id][ec2.region_name].databases.values():
        group = getattr(database, "db_subnet_group", None)
        if group is not None and any(subnet == each.id for each in group._subnets):
            yield database.db_instance_identifier


def eks_users(eks: Any, subnet: str) -> Iterator[str]:
    for cluster in eks.clusters.values():
        if subnet in cluster.resources_vpc_config.get("subnetIds", []):
            yield cluster.arn
        for group in cluster.nodegroups.values():
            if subnet in group.subnets:
                yield group.arn


def refuse_used_subnet(ec2: Any, subnet: str) -> None:
    if next(subnet_users(ec2, subnet), None):
        raise DependencyViolationError(f"The subnet '{subnet}' has dependencies and cannot be deleted.")


def refuse_used_vpc(ec2: Any, vpc: str) -> None:
    gateways = [each for each in ec2.internet_gateways.values() if each.vpc and each.vpc.id == vpc]
    groups = [each for each in ec2.groups.get(vpc, {}).values() if each.name != "default"]
    if gateways or groups:
        raise DependencyViolationError(f"The vpc '{vpc}' has dependencies and cannot be deleted.")


def refuse_mapped_addresses(ec2: Any, _gateway: str, vpc: str) -> None:
    gateways = [nat for nat in ec2.nat_gateways.values() if nat.state != "deleted" and nat.vpc_id == vpc]
    balancers = [
        balancer
        for balancer in elbv2_backends[ec2.account_id][ec2.region_name].load_balancers.values()
        if balancer.vpc_id == vpc and balancer.scheme == "internet-facing"
    ]
    if gateways or balancers:
        raise DependencyViolationError(
            f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) "
            "before detaching the gateway."
        )


def refuse_used_subnet_group(rds: Any, name: str) -> None:
    for database in rds.databases.values():
        group = getattr(database, "db_subnet_group", None)
        if group is not None and name in (getattr(group, "name", None), getattr(group, "subnet_name", None)):
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
