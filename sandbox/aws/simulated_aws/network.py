"""Corrections of moto's networks."""

from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.subnets import Subnets

from simulated_aws.durations import settle


def extend() -> None:
    forget_deleted_endpoints()
    remove_interfaces_of_gateways()
    # Of one zone. The provider reads its subnet and address by this, and moto 5.2.5 does not say it.
    NatGateway.availability_mode = "zonal"  # type: ignore[attr-defined]
    settle(NatGateway, "state", "nat-gateway", "pending", "available")
    keep_tags_of_templates_apart()
    keep_descriptions_of_reservations()
    remove_interfaces_of_instances()
    describe_rules_between_groups()


def describe_rules_between_groups() -> None:
    """A rule for another group shows its description, which moto 5.2.5 shows of rules for ranges only."""
    SecurityGroupRule.description = property(  # type: ignore[assignment, method-assign]
        lambda self: (self.ip_range | self.source_group).get("Description")
    )


def remove_interfaces_of_instances() -> None:
    """A terminated instance takes its interface along: moto 5.2.5 leaves those made from a template."""
    original = Instance.terminate

    def terminate(self: Any, *args: Any, **kwargs: Any) -> Any:
        ended = original(self, *args, **kwargs)
        for interface in self.nics.values():
            self.ec2_backend.enis.pop(interface.id, None)
        return ended

    Instance.terminate = terminate  # type: ignore[method-assign]


def keep_descriptions_of_reservations() -> None:
    """A CIDR reservation has the description that it was given, which moto 5.2.5 drops."""
    original = Subnets.create_subnet_cidr_reservation

    def create_subnet_cidr_reservation(self: Any) -> Any:
        answer: Any = original(self)
        answer.result["SubnetCidrReservation"].description = self._get_param("Description")
        return answer

    Subnets.create_subnet_cidr_reservation = create_subnet_cidr_reservation  # type: ignore[method-assign]


def keep_tags_of_templates_apart() -> None:
    """A template's own tags are no part of what it gives to instances, where moto 5.2.5 shows them too."""
    original = LaunchTemplate.create_version

    def create_version(self: Any, data: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        specifications = data.get("TagSpecifications", [])
        given = [each for each in specifications if each.get("ResourceType") != "launch-template"]
        if specifications:
            data["TagSpecifications"] = given
        if specifications and not given:
            del data["TagSpecifications"]
        return original(self, data, *args, **kwargs)

    LaunchTemplate.create_version = create_version  # type: ignore[method-assign]
    # Shown as they are now: moto keeps those that the template was created with.
    LaunchTemplate.tags = property(LaunchTemplate.get_tags, lambda *_: None)  # type: ignore[assignment]


def forget_deleted_endpoints() -> None:
    """A deleted VPC endpoint goes away with its network interfaces.

    moto 5.2.5 keeps it as "deleted", and the interfaces in their subnets: the provider waits for ever.
    """
    original = EC2Backend.delete_vpc_endpoints

    def delete_vpc_endpoints(self: Any, vpce_ids: list[str] | None = None) -> None:
        original(self, vpce_ids)
        for name in vpce_ids or []:
            endpoint = self.vpc_end_points.pop(name, None)
            for interface in getattr(endpoint, "network_interface_ids", None) or []:
                self.enis.pop(interface, None)

    EC2Backend.delete_vpc_endpoints = delete_vpc_endpoints  # type: ignore[method-assign]


def remove_interfaces_of_gateways() -> None:
    """A NAT gateway takes its network interface along, which moto 5.2.5 leaves."""
    original = EC2Backend.delete_nat_gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> Any:
        gateway = original(self, nat_gateway_id)
        for address in gateway.address_set:
            self.enis.pop(address.get("networkInterfaceId"), None)
        return gateway

    EC2Backend.delete_nat_gateway = delete_nat_gateway  # type: ignore[method-assign]
