"""What can't move to another subnet or address, where moto 5.2.5 moves it."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend


def extend() -> None:
    keep_addresses_of_gateways()
    keep_subnets_of_balancers()
    keep_subnets_of_databases()


def keep_addresses_of_gateways() -> None:
    """An elastic address is one NAT gateway's at a time."""
    original = EC2Backend.create_nat_gateway

    def create_nat_gateway(self: Any, subnet_id: str, allocation_id: str, *args: Any, **kwargs: Any) -> Any:
        for gateway in self.nat_gateways.values():
            used = [address.get("allocationId") for address in gateway.address_set]
            if allocation_id in used and gateway.state != "deleted":
                raise EC2ClientError(
                    "Resource.AlreadyAssociated",
                    f"Elastic IP address [{allocation_id}] is already associated",
                )
        return original(self, subnet_id, allocation_id, *args, **kwargs)

    EC2Backend.create_nat_gateway = create_nat_gateway  # type: ignore[method-assign]


def keep_subnets_of_balancers() -> None:
    """A network load balancer can't go from one subnet of a zone to another in one step.

    Source: Network Load Balancer user guide, "Update the Availability Zones for your Network Load Balancer".
    """
    original = ELBv2Backend.set_subnets

    def set_subnets(self: Any, arn: str, subnets: list[str], subnet_mappings: list[dict[str, Any]]) -> Any:
        balancer = self.load_balancers.get(arn)
        there = balancer.subnets if balancer is not None and balancer.type == "network" else []
        zones = {each.availability_zone: each.id for each in there}
        wanted = [*subnets, *(mapping["SubnetId"] for mapping in subnet_mappings)]
        for subnet in map(self.ec2_backend.get_subnet, wanted):
            standing = zones.get(subnet.availability_zone, subnet.id)
            if standing != subnet.id:
                raise ELBClientError(
                    "InvalidConfigurationRequest",
                    f"'{standing}' must be removed before '{subnet.id}' is added in its zone",
                )
        return original(self, arn, subnets, subnet_mappings)

    ELBv2Backend.set_subnets = set_subnets  # type: ignore[method-assign]


def keep_subnets_of_databases() -> None:
    """A group keeps its VPC and the subnets that databases stand in. moto 5.2.5 also loses the group."""

    def modify_db_subnet_group(
        self: Any, subnet_name: str, description: str | None, subnets: list[Any]
    ) -> Any:
        group = self.describe_db_subnet_groups(subnet_name)[0]
        there = group._subnets
        if any(subnet.vpc_id != group.vpc_id for subnet in subnets):
            raise RDSClientError(
                "InvalidParameterValue",
                "The new Subnets are not in the same Vpc as the existing subnet group",
            )
        zones = {
            database.availability_zone
            for database in self.databases.values()
            if getattr(database, "db_subnet_group", None) is group
        }
        kept = {subnet.id for subnet in subnets}
        removed = [each.id for each in there if each.id not in kept and each.availability_zone in zones]
        if removed:
            raise RDSClientError(
                "InvalidParameterValue",
                f"Some of the subnets to be deleted are currently in use: {', '.join(removed)}",
            )
        group._subnets = subnets
        group.description = group.description if description is None else description
        return group

    RDSBackend.modify_db_subnet_group = modify_db_subnet_group  # type: ignore[method-assign]
