"""Where instance types are offered: what starts instances is held to what DescribeInstanceTypeOfferings says.

Wording of EC2 and EKS: eksctl-io/eksctl issue 6461, awslabs/ec2-spot-workshops issue 154.
"""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES


def extend() -> None:
    """EC2 starts no instance of a type that there is not, or not in its zone; moto 5.2.5 starts it."""
    original = EC2Backend.run_instances

    def run_instances(self: Any, *args: Any, **kwargs: Any) -> Any:
        kind = asked_type(self, kwargs)
        if kind is not None and kind not in INSTANCE_TYPES:
            raise EC2ClientError("InvalidParameterValue", f"Invalid value '{kind}' for InstanceType.")
        refusal = None if kind is None else unsupported(self.region_name, [kind], asked_zones(self, kwargs))
        if refusal is not None:
            raise EC2ClientError("Unsupported", refusal)
        return original(self, *args, **kwargs)

    EC2Backend.run_instances = run_instances  # type: ignore[method-assign]


def asked_type(ec2: Any, given: dict[str, Any]) -> str | None:
    """The request's own type, else its launch template's."""
    if not given.get("is_instance_type_default"):
        return str(given["instance_type"])
    template = given.get("launch_template")
    return (ec2._get_template_from_args(template).instance_type or None) if template else None


def asked_zones(ec2: Any, given: dict[str, Any]) -> list[str]:
    """The zone that the request names, which its subnet may do; none where any will do."""
    interfaces = [each["SubnetId"] for each in given.get("nics", []) if "SubnetId" in each]
    subnets = [given["subnet_id"]] if given.get("subnet_id") else interfaces[:1]
    named = [ec2.get_subnet(subnet).availability_zone for subnet in subnets]
    return named or ([given["placement"]] if given.get("placement") else [])


def zones_of(region: str, kind: str) -> list[str]:
    """Zones of a region that offer a type."""
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, [])
    return sorted(offer["Location"] for offer in offers if offer["InstanceType"] == kind)


def unknown(kinds: list[str]) -> list[str]:
    """Types that EC2 has nowhere."""
    return [kind for kind in kinds if kind not in INSTANCE_TYPES]


def unsupported(region: str, kinds: list[str], zones: list[str]) -> str | None:
    """Why a zone can start none of these types, or None where each zone can start one."""
    offered = {kind: zones_of(region, kind) for kind in kinds}
    if not any(offered.values()):
        return (
            "The requested configuration is currently not supported. "
            "Please check the documentation for supported configurations."
        )
    for zone in zones:
        if not any(zone in there for there in offered.values()):
            elsewhere = sorted({each for there in offered.values() for each in there})
            return (
                f"Your requested instance type ({', '.join(kinds)}) is not supported in your requested "
                f"Availability Zone ({zone}). Please retry your request by not specifying an Availability "
                f"Zone or choosing {', '.join(elsewhere)}."
            )
    return None
