"""Add-ons, which moto 5.2.5 answers 404 to."""

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import ResourceInUseException
from moto.moto_api._internal import mock_random as random

from simulated_aws import offers
from simulated_aws.durations import Settling
from simulated_aws.eks.common import Answers, Extras, missing
from simulated_aws.kubernetes import addons, volumes

versions = {
    "coredns": "v1.13.2-eksbuild.1",
    "kube-proxy": "v1.35.0-eksbuild.2",
    "vpc-cni": "v1.21.1-eksbuild.3",
}
"""Versions of add-ons that follow a cluster's; any other gets v1.0.0-eksbuild.1 where none is asked for."""


ebs_driver = "aws-ebs-csi-driver"


class Addons(Answers):
    """Answers about add-ons."""

    def create_addon(self) -> ActionResult:
        cluster, extras = self._cluster(), self._extras()
        name = self._get_param("addonName")
        if name in extras.addons:
            raise ResourceInUseException(
                message="Addon already exists.", clusterName=cluster.name, addonName=name
            )
        addon = self._given("addonName", "serviceAccountRoleArn", "configurationValues", "tags") | {
            "clusterName": cluster.name,
            "addonVersion": self._get_param("addonVersion") or versions.get(name, "v1.0.0-eksbuild.1"),
            "addonArn": self._arn(f"addon/{cluster.name}/{name}/{random.uuid4()}"),
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "health": {"issues": []},
        }
        addon.setdefault("tags", {})
        self._associate(addon)
        extras.addons[name] = {"addon": addon, "settling": Settling("eks-addon"), "active": False}
        self._install(extras, addon)
        return self._shown_addon(name)

    def _install(self, extras: Extras, addon: dict[str, Any]) -> None:
        if extras.plane is None:
            return
        values = addon.get("configurationValues")
        addons.install(extras.plane.client(), addon["addonName"], values)
        if addon["addonName"] == ebs_driver:
            if extras.volumes is None:
                extras.volumes = volumes.Driver(extras.plane, self.region, addon["clusterName"])
            controller = json.loads(values or "{}").get("controller", {})
            extras.volumes.tags = controller.get("extraVolumeTags", {})

    def _associate(self, addon: dict[str, Any]) -> None:
        """Add-ons bring the pod identity associations that they are created with."""
        given = self._get_param("podIdentityAssociations")
        if given is None:
            return
        extras = self._extras()
        for arn in addon.get("podIdentityAssociations", []):
            extras.pod_identities.pop(arn.rsplit("/", 1)[1], None)
        addon["podIdentityAssociations"] = [
            self._new_pod_identity(
                "kube-system", pair["serviceAccount"], pair["roleArn"], owner=addon["addonArn"]
            )["associationArn"]
            for pair in given
        ]

    def _shown_addon(self, name: str, status: str | None = None) -> ActionResult:
        extras = self._extras()
        kept = extras.addons.get(name)
        if kept is None:
            raise missing(f"No addon: {name} found in cluster: {self._get_param('name')}", addonName=name)
        return ActionResult({"addon": kept["addon"] | {"status": status or self._status_of(extras, kept)}})

    def _status_of(self, extras: Extras, kept: dict[str, Any]) -> str:
        """EKS waits until an add-on's Deployments run once, which takes nodes."""
        if not kept["active"] and kept["settling"].state("CREATING", "ACTIVE") == "ACTIVE":
            name, plane = kept["addon"]["addonName"], extras.plane
            kept["active"] = plane is None or not addons.unavailable(plane.client(), name)
        return "ACTIVE" if kept["active"] else "CREATING"

    def describe_addon(self) -> ActionResult:
        return self._shown_addon(self._get_param("addonName"))

    def update_addon(self) -> ActionResult:
        name = self._get_param("addonName")
        self._shown_addon(name)
        addon = self._extras().addons[name]["addon"]
        addon.update(self._given("addonVersion", "serviceAccountRoleArn", "configurationValues"))
        self._associate(addon)
        self._install(self._extras(), addon)
        addon["modifiedAt"] = utcnow()
        return self._update("AddonUpdate")

    def delete_addon(self) -> ActionResult:
        name = self._get_param("addonName")
        shown = self._shown_addon(name, "DELETING")
        extras = self._extras()
        addon = extras.addons.pop(name)["addon"]
        for arn in addon.get("podIdentityAssociations", []):
            extras.pod_identities.pop(arn.rsplit("/", 1)[1], None)
        if extras.plane is not None:
            addons.remove(extras.plane.client(), name)
        if name == ebs_driver and extras.volumes is not None:
            extras.volumes.stop()
            extras.volumes = None
        return shown

    def list_addons(self) -> ActionResult:
        return ActionResult({"addons": list(self._extras().addons)})

    def describe_addon_versions(self) -> ActionResult:
        name, kubernetes = self._get_param("addonName"), self._get_param("kubernetesVersion")
        offered = offers.read()["kubernetes"].get(kubernetes, {}).get("addons", {})
        builds = offered or {each: [build] for each, build in versions.items()}
        named = {name: builds.get(name, ["v1.0.0-eksbuild.1"])} if name else builds
        addons = [
            {
                "addonName": each,
                "type": "networking",
                "addonVersions": [shown_build(build, kubernetes) for build in given],
            }
            for each, given in named.items()
        ]
        return ActionResult({"addons": addons})

    def describe_cluster_versions(self) -> ActionResult:
        return ActionResult(
            {
                "clusterVersions": [
                    {"clusterVersion": version, "versionStatus": "STANDARD_SUPPORT"}
                    for version in offers.read()["kubernetes"]
                ]
            }
        )


def shown_build(build: str, kubernetes: str) -> dict[str, Any]:
    compatible = {"clusterVersion": kubernetes, "platformVersions": ["*"], "defaultVersion": True}
    return {
        "addonVersion": build,
        "architecture": ["amd64", "arm64"],
        "compatibilities": [compatible],
    }
