"""Corrections of moto's Route 53."""

from typing import Any

from moto.route53.models import HostedZoneIdentifier


def extend() -> None:
    begin_with_z()


def begin_with_z() -> None:
    """Ids of zones begin with a Z, where those of moto 5.2.5 begin with any letter or digit."""
    original = HostedZoneIdentifier.generate

    def generate(self: Any, *args: Any, **kwargs: Any) -> str:
        return f"Z{original(self, *args, **kwargs)[1:]}"

    HostedZoneIdentifier.generate = generate  # type: ignore[method-assign]
