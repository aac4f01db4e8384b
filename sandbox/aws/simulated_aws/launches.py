"""What instances get from their launch template beside what moto 5.2.5 gives them.

IMDSv2, tags of volumes and network interfaces, further interfaces such as EFA's, the placement group and the
capacity reservation.
"""

from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.utils import convert_tag_spec

from simulated_aws import reservations
from simulated_aws.placement_groups import group_of


def extend() -> None:
    launch_from_templates()
    give_reservations_back()


def launch_from_templates() -> None:
    original = EC2Backend.run_instances

    def run_instances(self: Any, image_id: str, count: int, *args: Any, **kwargs: Any) -> Any:
        named = kwargs.get("launch_template")
        data = self._get_template_from_args(named).data if named else {}
        tags = convert_tag_spec(data.get("TagSpecifications", []))
        interfaces = data.get("NetworkInterfaces", [])
        group, reserved = placement_group(self, data), reservations.target(data)
        if interfaces and kwargs.get("subnet_id") and not kwargs.get("nics"):
            kwargs["nics"] = [{"DeviceIndex": 0} | chosen(interfaces[0])]
        kwargs["metadata_options"] = data.get("MetadataOptions", {}) | kwargs.get("metadata_options", {})
        own = kwargs.get("tags") or {}
        kwargs["tags"] = own | {"volume": tags.get("volume", {}) | own.get("volume", {})}
        if reserved is not None:
            reservations.take(self, reserved, *asked_of(self, kwargs), count)
        if mappings := data.get("BlockDeviceMappings"):
            kwargs.setdefault("block_device_mappings", mappings)
        made: Any = original(self, image_id, count, *args, **kwargs)
        for instance in made.instances:
            instance.placement.group_name = group
            instance.capacity_reservation_id = reserved
            add_interfaces(self, instance, interfaces[1:])
            for interface in instance.nics.values():
                interface.add_tags(tags.get("network-interface", {}))
        return made

    EC2Backend.run_instances = run_instances  # type: ignore[method-assign]


def chosen(interface: dict[str, Any]) -> dict[str, Any]:
    """What of a template's interface moto's own takes."""
    return {"Groups": list(interface.get("Groups", [])), "DeleteOnTermination": True}


def asked_of(ec2: Any, given: dict[str, Any]) -> tuple[str, str]:
    """Type and zone of an instance to be."""
    return given["instance_type"], ec2.get_subnet(given["subnet_id"]).availability_zone


def placement_group(ec2: Any, data: dict[str, Any]) -> str:
    name = data.get("Placement", {}).get("GroupName", "")
    return str(group_of(ec2, name)["GroupName"]) if name else ""


def add_interfaces(ec2: Any, instance: Any, interfaces: list[dict[str, Any]]) -> None:
    """Moto keeps interfaces by a device index, which cards share: these are kept by their place."""
    for place, interface in enumerate(interfaces, start=1):
        made = ec2.create_network_interface(
            ec2.get_subnet(instance.subnet_id),
            "",
            group_ids=list(interface.get("Groups", [])),
            delete_on_termination=True,
        )
        made.interface_type = interface.get("InterfaceType", "interface")
        instance.attach_eni(made, place)
        made.device_index = int(interface["DeviceIndex"])


def give_reservations_back() -> None:
    original = Instance.terminate

    def terminate(self: Any, *args: Any, **kwargs: Any) -> Any:
        reserved, self.capacity_reservation_id = getattr(self, "capacity_reservation_id", None), None
        if reserved is not None:
            reservations.give_back(self.ec2_backend, reserved)
        return original(self, *args, **kwargs)

    Instance.terminate = terminate  # type: ignore[method-assign]
