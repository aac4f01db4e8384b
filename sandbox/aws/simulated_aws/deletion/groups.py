"""Security groups."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.eks.models import eks_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends

from simulated_aws.deletion.guard import guard


def extend() -> None:
    # The one way to delete a group, by its id or by its name.
    guard(EC2Backend, "_delete_security_group", refuse_used_group)


def refuse_used_group(ec2: Any, _vpc: str | None, group: str) -> None:
    """Source: EC2 API reference, DeleteSecurityGroup: neither in use nor named by another group's rule."""
    if next(group_users(ec2, group), None):
        raise DependencyViolationError(f"resource {group} has a dependent object")


def group_users(ec2: Any, group: str) -> Iterator[str]:
    account, region = ec2.account_id, ec2.region_name
    balancers: Any = elbv2_backends[account][region].load_balancers
    groups_by_user = chain(
        ((each.id, [own.id for own in each.group_set]) for each in ec2.enis.values()),
        ((each.id, each.security_group_ids) for each in ec2.vpc_end_points.values()),
        ((each.arn, each.security_groups or []) for each in balancers.values()),
        (
            (each.db_instance_identifier, each.vpc_security_group_ids)
            for each in rds_backends[account][region].databases.values()
        ),
        (
            (each.name, groups_of_cluster(each.resources_vpc_config))
            for each in eks_backends[account][region].clusters.values()
        ),
        (
            (other.id, named_by_rules(other))
            for groups in ec2.groups.values()
            for other in groups.values()
            if other.id != group
        ),
    )
    return (user for user, groups in groups_by_user if group in groups)


def groups_of_cluster(network: dict[str, Any]) -> list[Any]:
    return [network.get("clusterSecurityGroupId"), *network.get("securityGroupIds", [])]


def named_by_rules(group: Any) -> list[Any]:
    return [rule.source_group.get("GroupId") for rule in [*group.ingress_rules, *group.egress_rules]]
