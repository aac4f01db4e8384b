"""EC2's capacity reservations and capacity blocks, which moto 5.2.5 lacks."""

from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response
from moto.moto_api._internal import mock_random as random


def extend() -> None:
    answers = {
        "create_capacity_reservation": create,
        "describe_capacity_reservations": describe,
        "cancel_capacity_reservation": cancel,
        "describe_capacity_block_offerings": describe_blocks,
        "purchase_capacity_block": purchase,
    }
    for name, answer in answers.items():
        setattr(EC2Response, name, answer)


def kept(self: Any, what: str = "capacity_reservations") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = self.ec2_backend.__dict__.setdefault(what, {})
    return found


def create(self: Any) -> ActionResult:
    names = "InstanceType InstancePlatform AvailabilityZone EndDate EndDateType InstanceMatchCriteria Tenancy"
    given = {name: self._get_param(name) for name in names.split()}
    return ActionResult({"CapacityReservation": reserve(self, given, self._get_int_param("InstanceCount"))})


def reserve(self: Any, given: dict[str, Any], count: int) -> dict[str, Any]:
    identity = f"cr-0{random.get_random_hex(16)}"
    defaults = {
        "InstanceMatchCriteria": "open",
        "Tenancy": "default",
        "EndDateType": "unlimited",
        "ReservationType": "default",
    }
    reservation = defaults | {name: value for name, value in given.items() if value is not None}
    reservation |= {
        "CapacityReservationId": identity,
        "CapacityReservationArn": f"arn:aws:ec2:{self.region}:{self.current_account}:"
        f"capacity-reservation/{identity}",
        "OwnerId": self.current_account,
        "TotalInstanceCount": count,
        "AvailableInstanceCount": count,
        "State": "active",
        "CreateDate": utcnow(),
    }
    kept(self)[identity] = reservation
    return reservation


def describe(self: Any) -> ActionResult:
    asked = self._get_param("CapacityReservationIds") or self._get_param("CapacityReservationId") or []
    for identity in asked:
        if identity not in kept(self):
            raise missing(identity)
    shown = [each for name, each in kept(self).items() if not asked or name in asked]
    return ActionResult({"CapacityReservations": shown})


def cancel(self: Any) -> ActionResult:
    identity = self._get_param("CapacityReservationId")
    if identity not in kept(self):
        raise missing(identity)
    kept(self)[identity] |= {"State": "cancelled", "AvailableInstanceCount": 0}
    return ActionResult({"Return": True})


def target(data: dict[str, Any]) -> str | None:
    """The reservation that a launch template names."""
    specification = data.get("CapacityReservationSpecification", {})
    named: str | None = specification.get("CapacityReservationTarget", {}).get("CapacityReservationId")
    return named


def shortage(ec2: Any, identity: str, kind: str, zone: str, count: int) -> str | None:
    """Why a reservation starts no such instances, or None where it does."""
    reservation = ec2.__dict__.get("capacity_reservations", {}).get(identity)
    if reservation is None:
        raise missing(identity)
    fits = (reservation["State"], reservation["InstanceType"], reservation["AvailabilityZone"])
    if fits == ("active", kind, zone) and reservation["AvailableInstanceCount"] >= count:
        return None
    return (
        "The requested reservation does not have sufficient compatible and available capacity "
        "for this request."
    )


def take(ec2: Any, identity: str, kind: str, zone: str, count: int) -> None:
    short = shortage(ec2, identity, kind, zone, count)
    if short is not None:
        raise EC2ClientError("ReservationCapacityExceeded", short)
    ec2.capacity_reservations[identity]["AvailableInstanceCount"] -= count


def give_back(ec2: Any, identity: str) -> None:
    reservation = ec2.capacity_reservations[identity]
    if reservation["State"] == "active":
        reservation["AvailableInstanceCount"] += 1


def missing(identity: str) -> EC2ClientError:
    return EC2ClientError(
        "InvalidCapacityReservationId.NotFound",
        f"The capacity reservation ID '{identity}' does not exist",
    )


def describe_blocks(self: Any) -> ActionResult:
    """One offering, in the region's first zone, from now on; blocks end at 11:30 UTC as EC2's do."""
    days = timedelta(hours=self._get_int_param("CapacityDurationHours"))
    end = (utcnow() + days).replace(hour=11, minute=30, second=0, microsecond=0)
    offering = {
        "CapacityBlockOfferingId": f"cb-0{random.get_random_hex(16)}",
        "InstanceType": self._get_param("InstanceType"),
        "InstanceCount": self._get_int_param("InstanceCount"),
        "AvailabilityZone": f"{self.region}a",
        "StartDate": utcnow(),
        "EndDate": end,
        "CapacityBlockDurationHours": self._get_int_param("CapacityDurationHours"),
        "Tenancy": "default",
        "CurrencyCode": "USD",
    }
    kept(self, "capacity_block_offerings")[offering["CapacityBlockOfferingId"]] = offering
    return ActionResult({"CapacityBlockOfferings": [offering]})


def purchase(self: Any) -> ActionResult:
    identity = self._get_param("CapacityBlockOfferingId")
    offering = kept(self, "capacity_block_offerings").get(identity)
    if offering is None:
        raise EC2ClientError(
            "InvalidCapacityBlockOfferingId.NotFound", f"The offering '{identity}' does not exist"
        )
    names = ("InstanceType", "AvailabilityZone", "StartDate", "EndDate", "Tenancy")
    given = {name: offering[name] for name in names} | {
        "InstancePlatform": self._get_param("InstancePlatform"),
        "EndDateType": "limited",
        "ReservationType": "capacity-block",
        "InstanceMatchCriteria": "targeted",
    }
    return ActionResult({"CapacityReservation": reserve(self, given, offering["InstanceCount"])})
