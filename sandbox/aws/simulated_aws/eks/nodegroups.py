"""Node groups: the settings, labels, taints and versions that moto does not keep or change."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.eks.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
)
from moto.eks.models import Nodegroup
from moto.moto_api._internal import mock_random as random

from simulated_aws.durations import Settling
from simulated_aws.eks import instances
from simulated_aws.eks.clusters import minor
from simulated_aws.eks.common import Answers, camel
from simulated_aws.offerings import unknown, unsupported

nodegroup_settings = ("updateConfig", "nodeRepairConfig")
"""The same of a node group."""


class Nodegroups(Answers):
    """Answers about node groups."""

    def create_nodegroup(self) -> ActionResult:
        self._refuse_types()
        super().create_nodegroup()
        group: Any = self._nodegroup()
        ec2 = ec2_backends[self.current_account][self.region]
        if not self._get_param("instanceTypes") and instances.given_data(group, ec2).get("InstanceType"):
            # The template's, which EKS does not repeat: moto 5.2.5 puts its default in its place.
            group.instance_types = []
        group.version = self._get_param("version") or self._cluster().version
        group.release_version = self._get_param("releaseVersion") or f"{group.version}.0-20260301"
        group.settings = self._given(*nodegroup_settings)
        group.settings.setdefault("updateConfig", {"maxUnavailable": 1})
        group.settling = Settling("eks-nodegroup")
        group.resources["autoScalingGroups"][0]["name"] = f"eks-{group.nodegroup_name}-{random.uuid4()}"
        instances.launch(self._cluster(), group, self.current_account, self.region)
        # A group that can't have its first instances is not made; one that starts at zero asks for none.
        group.failure = instances.shortage(self._cluster(), group, self.current_account, self.region)
        return ActionResult({"nodegroup": self._shown_nodegroup(group)})

    def _refuse_types(self) -> None:
        """EKS makes no group that could start nothing in one of its zones."""
        ec2 = ec2_backends[self.current_account][self.region]
        kinds = self._get_param("instanceTypes") or []
        if template := self._get_param("launchTemplate"):
            kinds = kinds or [instances.source(ec2, template).instance_type]
        kinds = [kind for kind in kinds if kind]
        if missing := unknown(kinds):
            raise InvalidParameterException(
                message=f"The following supplied instance types do not exist: [{', '.join(missing)}]"
            )
        zones = [ec2.get_subnet(subnet).availability_zone for subnet in self._get_param("subnets")]
        refusal = unsupported(self.region, kinds, zones) if kinds else None
        if refusal is not None:
            raise InvalidRequestException(message=refusal)

    def _nodegroup(self) -> Nodegroup:
        return self.eks_backend.describe_nodegroup(
            cluster_name=self._get_param("name"), nodegroup_name=self._get_param("nodegroupName")
        )

    def _shown_nodegroup(self, group: Any) -> dict[str, Any]:
        short = instances.shortage(self._cluster(), group, self.current_account, self.region)
        later = "CREATE_FAILED" if group.failure else "DEGRADED" if short else "ACTIVE"
        group.status = group.settling.state("CREATING", later)
        reason = group.failure or short
        issue = {
            "code": "AsgInstanceLaunchFailures",
            "message": reason,
            "resourceIds": [instances.autoscaling_group(group)],
        }
        group.health = {"issues": [] if reason is None or group.status == "CREATING" else [issue]}
        names = (
            "nodegroup_name cluster_name version release_version created_at modified_at status capacity_type "
            "scaling_config instance_types subnets ami_type node_role labels taints resources health "
            "launch_template tags"
        )
        shown = {camel(name): getattr(group, name) for name in names.split()} | {"nodegroupArn": group.arn}
        shown["scalingConfig"] = instances.sizes(group, self.current_account, self.region)
        if group.launch_template is None:
            shown["diskSize"] = group.disk_size
        settings: dict[str, Any] = group.settings
        return shown | settings

    def describe_nodegroup(self) -> ActionResult:
        return ActionResult({"nodegroup": self._shown_nodegroup(self._nodegroup())})

    def delete_nodegroup(self) -> ActionResult:
        cluster, group = self._cluster(), self._nodegroup()
        shown = self._shown_nodegroup(group)
        super().delete_nodegroup()
        instances.terminate(cluster, group, self.current_account, self.region)
        return ActionResult({"nodegroup": shown | {"status": "DELETING"}})

    def _changeable(self) -> Any:
        """The node group, where EKS changes it.

        Source: EKS's answer quoted in aws/containers-roadmap#2204.
        """
        group: Any = self._nodegroup()
        if self._shown_nodegroup(group)["status"] not in ("ACTIVE", "CREATING"):
            raise ResourceInUseException(
                message="Nodegroup cannot be updated as it is currently not in Active State",
                nodegroupName=group.nodegroup_name,
            )
        return group

    def update_nodegroup_config(self) -> ActionResult:
        group = self._changeable()
        labels, taints = self._get_param("labels") or {}, self._get_param("taints") or {}
        group.labels.update(labels.get("addOrUpdateLabels") or {})
        for name in labels.get("removeLabels") or []:
            group.labels.pop(name, None)
        kept = {(taint["key"], taint["effect"]): taint for taint in group.taints}
        for taint in taints.get("removeTaints") or []:
            kept.pop((taint["key"], taint["effect"]), None)
        for taint in taints.get("addOrUpdateTaints") or []:
            kept[(taint["key"], taint["effect"])] = taint
        group.taints = list(kept.values())
        sizes = instances.sizes(group, self.current_account, self.region)
        group.scaling_config = allowed(sizes | (self._get_param("scalingConfig") or {}))
        group.settings.update(self._given(*nodegroup_settings))
        instances.resize(self._cluster(), group, self.current_account, self.region)
        return self._update("ConfigUpdate")

    def update_nodegroup_version(self) -> ActionResult:
        group = self._changeable()
        cluster: Any = self._cluster()
        wanted = self._get_param("version") or group.version
        if minor(wanted) > minor(cluster.version) or minor(wanted) < minor(group.version):
            raise InvalidParameterException(
                message=f"Nodegroup version {wanted} is not between its own, {group.version}, "
                f"and the cluster's, {cluster.version}",
                nodegroupName=group.nodegroup_name,
            )
        group.version = wanted
        group.release_version = self._get_param("releaseVersion") or group.release_version
        if template := self._get_param("launchTemplate"):
            group.launch_template.update(template)
        return self._update("VersionUpdate")


def allowed(sizes: dict[str, int]) -> dict[str, int]:
    """Sizes of a group, in the order that EKS wants them to be in, and says in these words."""
    least, wanted, most = sizes["minSize"], sizes["desiredSize"], sizes["maxSize"]
    if least > wanted:
        raise InvalidParameterException(
            message=f"Minimum capacity {least} can't be greater than desired size {wanted}"
        )
    if wanted > most:
        raise InvalidParameterException(message="desiredSize can't be greater than maxSize")
    return sizes
