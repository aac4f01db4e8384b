"""Networks: VPCs, subnets, gateways, addresses, placement groups."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.eks.models import eks_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends

from simulated_aws.deletion.guard import guard


def extend() -> None:
    guard(EC2Backend, "delete_subnet", refuse_used_subnet)
    guard(EC2Backend, "delete_vpc", refuse_used_vpc)
    guard(EC2Backend, "detach_internet_gateway", refuse_mapped_addresses)
    guard(EC2Backend, "release_address", refuse_used_address)


def subnet_users(ec2: Any, subnet: str) -> Iterator[str]:
    """Everything with a network interface in the subnet."""
    yield from (interface.id for interface in ec2.enis.values() if interface.subnet.id == subnet)
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
    endpoints = [each for each in ec2.vpc_end_points.values() if each.vpc_id == vpc]
    if gateways or groups or endpoints:
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


def refuse_used_address(ec2: Any, _address: str | None, allocation: str | None) -> None:
    """Source: EC2 API reference, ReleaseAddress."""
    for gateway in ec2.nat_gateways.values():
        used = [each.get("allocationId") for each in gateway.address_set]
        if gateway.state != "deleted" and allocation in used:
            raise EC2ClientError(
                "InvalidIPAddress.InUse",
                f"The address with allocation id [{allocation}] is in use and cannot be released.",
            )
