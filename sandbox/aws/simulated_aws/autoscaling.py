"""Corrections of moto's Auto Scaling: where instances go, why one does not start, what came of each try."""

import threading
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random as random

from simulated_aws import reservations
from simulated_aws.faults import Shortage, shortage

ways = {"SPOT": "Spot", "ON_DEMAND": "On-Demand", "CAPACITY_BLOCK": "On-Demand"}
"""What Auto Scaling calls the ways to buy of EKS's node groups."""

spot_words = {
    "InsufficientInstanceCapacity": "There is no Spot capacity available that matches your request.",
    "VcpuLimitExceeded": "Max spot instance count exceeded",
}
"""AWS's words for spot, where it has others for it.

Source: the Auto Scaling activities quoted in cortexlabs/cortex#1258 and
aws-deepracer-community/deepracer-on-the-spot#55.
"""


sizing = threading.RLock()
"""Whoever counts a group's instances must not do so while they are started."""


def extend() -> None:
    size_one_at_a_time()
    launch_where_there_is_capacity()
    show_activities()


def size_one_at_a_time() -> None:
    original = FakeAutoScalingGroup.set_desired_capacity

    def set_desired_capacity(self: Any, new_capacity: int | None) -> None:
        with sizing:
            original(self, new_capacity)

    FakeAutoScalingGroup.set_desired_capacity = set_desired_capacity  # type: ignore[method-assign]


def launch_where_there_is_capacity() -> None:
    """Takes the first type that can be had, where the fewest instances are.

    moto knows one type and puts all of a group into its first subnet.
    """
    launch = FakeAutoScalingGroup.replace_autoscaling_group_instances

    def each(self: Any, count: int, tags: dict[str, str]) -> None:
        ec2 = self.autoscaling_backend.ec2_backend
        subnets = self.vpc_zone_identifier
        pools = [
            (kind, subnet, ec2.get_subnet(subnet).availability_zone)
            for kind in self.__dict__.get("kinds") or [self.instance_type]
            for subnet in subnets.split(",")
        ]
        for _ in range(count):
            short = {pool: shortage(pool[0], pool[2]) or unreserved(self, pool[0], pool[2]) for pool in pools}
            there = [pool for pool, reason in short.items() if reason is None]
            if not there:
                record(self, next(reason for reason in short.values() if reason is not None))
                return
            kind = there[0][0]
            used = [state.instance.subnet_id for state in self.instance_states]
            self.vpc_zone_identifier = min(
                (subnet for type_, subnet, _ in there if type_ == kind), key=used.count
            )
            try:
                launch(self, 1, dict(tags))
            finally:
                self.vpc_zone_identifier = subnets
            started = self.instance_states[-1]
            started.instance_type = started.instance.instance_type = kind
            record(self, None)

    FakeAutoScalingGroup.replace_autoscaling_group_instances = each  # type: ignore[assignment, method-assign]


def unreserved(group: Any, kind: str, zone: str) -> Shortage | None:
    """Why the reservation that a group's launch template names starts none, or None where it does."""
    if group.ec2_launch_template is None:
        return None
    reserved = reservations.target(group.ec2_launch_template.get_version(group.launch_template_version).data)
    if reserved is None:
        return None
    short = reservations.shortage(group.autoscaling_backend.ec2_backend, reserved, kind, zone, 1)
    return None if short is None else Shortage("ReservationCapacityExceeded", short, ordered=False)


def record(group: Any, reason: Shortage | None) -> None:
    """Keeps what came of a try. A group tries without an end: the same failure again is the same activity."""
    activities: list[dict[str, Any]] = group.__dict__.setdefault("activities", [])
    activity = {
        "ActivityId": str(random.uuid4()),
        "AutoScalingGroupName": group.name,
        "Description": "Launching a new EC2 instance",
        "Cause": "an instance was started in response to a difference between desired and actual capacity",
        "StartTime": utcnow(),
        "EndTime": utcnow(),
        "Progress": 100,
        "StatusCode": "Successful",
    }
    if reason is not None:
        message = f"{told(group, reason)} Launching EC2 instance failed."
        if activities and activities[0].get("StatusMessage") == message:
            return
        activity |= {"StatusCode": "Failed", "StatusMessage": message}
    activities.insert(0, activity)


def told(group: Any, reason: Shortage) -> str:
    """A failure as Auto Scaling words it."""
    bought = group.__dict__.get("bought", "ON_DEMAND")
    words = reason.message
    if not reason.ordered and bought == "SPOT":
        words = spot_words.get(reason.error, words)
    return f"Could not launch {ways[bought]} Instances. {reason.error} - {words}"


def failing(group: Any) -> str | None:
    """Why an Auto Scaling group has fewer instances than it wants, or None where it has them.

    It tries again first.
    """
    with sizing:
        wanted = group.desired_capacity or 0
        if len(group.active_instances()) < wanted:
            group.set_desired_capacity(wanted)
        if len(group.active_instances()) >= wanted:
            return None
        return str(group.activities[0]["StatusMessage"])


def show_activities() -> None:
    """Tells of tries to start instances, the last one first, which moto 5.2.5 does not."""

    def describe_scaling_activities(self: Any) -> ActionResult:
        name = self._get_param("AutoScalingGroupName")
        groups = self.autoscaling_backend.autoscaling_groups
        wanted = [groups[name]] if name in groups else [] if name else list(groups.values())
        for group in wanted:
            failing(group)
        found = [activity for group in wanted for activity in group.__dict__.get("activities", [])]
        return ActionResult({"Activities": found})

    AutoScalingResponse.describe_scaling_activities = describe_scaling_activities  # type: ignore[method-assign]
