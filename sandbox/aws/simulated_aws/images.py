"""The images of EKS's nodes, beside those that moto 5.2.5 knows."""

import hashlib
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami

from simulated_aws import offers


def extend() -> None:
    original = EC2Backend.describe_images

    def describe_images(self: Any, *args: Any, **kwargs: Any) -> Any:
        for version in offers.read()["kubernetes"].values():
            for name in version["images"]:
                publish(self, name)
        return original(self, *args, **kwargs)

    EC2Backend.describe_images = describe_images  # type: ignore[method-assign]


def publish(ec2: Any, name: str) -> None:
    identity = f"ami-0{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    if identity in ec2.amis:
        return
    ec2.amis[identity] = Ami(
        ec2,
        identity,
        name=name,
        owner_id="602401143452",
        owner_alias="amazon",
        public=True,
        virtualization_type="hvm",
        architecture="arm64" if "-arm64-" in name else "x86_64",
        root_device_type="ebs",
        root_device_name="/dev/xvda",
        region_name=ec2.region_name,
    )
