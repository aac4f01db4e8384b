"""Corrections of moto's Route 53, and the zones that are older than any environment."""

import json
from pathlib import Path
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.route53.models import HostedZoneIdentifier, route53_backends


def extend() -> None:
    begin_with_z()


def begin_with_z() -> None:
    """Ids of zones begin with a Z, where those of moto 5.2.5 begin with any letter or digit."""
    original = HostedZoneIdentifier.generate

    def generate(self: Any, *args: Any, **kwargs: Any) -> str:
        return f"Z{original(self, *args, **kwargs)[1:]}"

    HostedZoneIdentifier.generate = generate  # type: ignore[method-assign]


def delegate(file: Path) -> None:
    """Makes the zones of a file as somebody made them before.

    [{"id": "Z0123456789DEV", "name": "dev.example.com"}]
    """
    backend: Any = route53_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for zone in json.loads(file.read_text()) if file.exists() else []:
        made = backend.create_hosted_zone(name=f"{zone['name']}.", private_zone=False)
        chosen = made.id.rpartition("/")[2]
        backend.zones[zone["id"]] = backend.zones.pop(chosen)
        made.resource_id = zone["id"]
