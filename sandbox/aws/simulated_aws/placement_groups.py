"""EC2's placement groups, which moto 5.2.5 lacks."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE
from moto.moto_api._internal import mock_random as random


def extend() -> None:
    EC2_PREFIX_TO_RESOURCE["pg"] = "placement-group"
    answers = {
        "create_placement_group": create,
        "describe_placement_groups": describe,
        "delete_placement_group": delete,
    }
    for name, answer in answers.items():
        setattr(EC2Response, name, answer)


def groups_of(ec2: Any) -> dict[str, dict[str, Any]]:
    """The region's groups, by their names."""
    found: dict[str, dict[str, Any]] = ec2.__dict__.setdefault("placement_groups", {})
    return found


def group_of(ec2: Any, name: str) -> dict[str, Any]:
    if name not in groups_of(ec2):
        raise EC2ClientError("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
    return groups_of(ec2)[name]


def create(self: Any) -> ActionResult:
    name = self._get_param("GroupName")
    if name in groups_of(self.ec2_backend):
        raise EC2ClientError(
            "InvalidPlacementGroup.Duplicate", f"The Placement Group '{name}' already exists."
        )
    identity = f"pg-0{random.get_random_hex(16)}"
    self.ec2_backend.create_tags([identity], self._parse_tag_specification().get("placement-group", {}))
    groups_of(self.ec2_backend)[name] = {
        "GroupName": name,
        "GroupId": identity,
        "GroupArn": f"arn:aws:ec2:{self.region}:{self.current_account}:placement-group/{name}",
        "State": "available",
        "Strategy": self._get_param("Strategy", "cluster"),
    }
    return ActionResult({"PlacementGroup": shown(self, groups_of(self.ec2_backend)[name])})


def shown(self: Any, group: dict[str, Any]) -> dict[str, Any]:
    tags = self.ec2_backend.describe_tags(filters={"resource-id": [group["GroupId"]]})
    return group | {"Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in tags]}


def describe(self: Any) -> ActionResult:
    names, identities = self._get_param("GroupNames", []), self._get_param("GroupIds", [])
    asked = [group_of(self.ec2_backend, name) for name in names]
    there = asked or list(groups_of(self.ec2_backend).values())
    found = [group for group in there if not identities or group["GroupId"] in identities]
    return ActionResult({"PlacementGroups": [shown(self, group) for group in found]})


def delete(self: Any) -> ActionResult:
    name = self._get_param("GroupName")
    group_of(self.ec2_backend, name)
    ended = ("terminated", "shutting-down")
    for instance in self.ec2_backend.all_instances():
        if instance.placement.group_name == name and instance.state not in ended:
            raise EC2ClientError(
                "InvalidPlacementGroup.InUse",
                f"The Placement Group '{name}' is in use and may not be deleted.",
            )
    del groups_of(self.ec2_backend)[name]
    return EmptyResult()
