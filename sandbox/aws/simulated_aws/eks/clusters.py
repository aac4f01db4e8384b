"""Clusters: settings that moto does not keep, one minor version at a time, updates by their id."""

import threading
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.eks.exceptions import InvalidParameterException, InvalidRequestException
from moto.eks.models import Cluster
from moto.moto_api._internal import mock_random as random
from moto.sts.models import sts_backends

from simulated_aws.eks.common import Answers, Extras, camel, missing
from simulated_aws.kubernetes import autoscaler, control_plane, devices
from simulated_aws.kubernetes.authenticator import principal

cluster_settings = (
    "accessConfig",
    "upgradePolicy",
    "zonalShiftConfig",
    "computeConfig",
    "storageConfig",
    "controlPlaneScalingConfig",
    "deletionProtection",
)
"""Settings of a cluster that moto does not keep; they come back as they were given."""


class Clusters(Answers):
    """Answers about clusters."""

    def create_cluster(self) -> ActionResult:
        super().create_cluster()
        cluster: Any = self._cluster()
        extras = self._extras(cluster)
        extras.settings = self._given(*cluster_settings)
        access = extras.settings.setdefault("accessConfig", {})
        access.setdefault("authenticationMode", "CONFIG_MAP")
        access.setdefault("bootstrapClusterCreatorAdminPermissions", True)
        extras.settings.setdefault("upgradePolicy", {"supportType": "EXTENDED"})
        vpc = cluster.resources_vpc_config
        vpc.setdefault("endpointPublicAccess", True)
        vpc.setdefault("endpointPrivateAccess", False)
        vpc.setdefault("publicAccessCidrs", ["0.0.0.0/0"])
        caller = sts_backends[self.current_account][self.partition].get_caller_identity(
            self.get_access_key(), self.region
        )
        extras.creator = principal(caller[1])
        vpc["vpcId"], vpc["clusterSecurityGroupId"] = self._network(cluster.name, vpc.get("subnetIds", []))
        logging = cluster.logging.get("clusterLogging", [])
        for setup in logging:
            setup.setdefault("enabled", False)
        if control_plane.program:
            extras.plane = control_plane.ControlPlane(self.current_account, self.region, cluster.name)
            autoscaler.Autoscaler(extras.plane, self.region)
            devices.DevicePlugins(extras.plane)
        return ActionResult({"cluster": self._shown(cluster)})

    def _network(self, name: str, subnets: list[str]) -> tuple[str, str]:
        """The cluster's VPC, and the security group that EKS makes in it."""
        ec2 = ec2_backends[self.current_account][self.region]
        if len(subnets) < 2:
            raise InvalidParameterException(message="Subnets specified must be in at least two different AZs")
        vpc_id = ec2.get_subnet(subnets[0]).vpc_id
        group = ec2.create_security_group(
            f"eks-cluster-sg-{name}-{random.get_random_hex(10)}",
            "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
            vpc_id=vpc_id,
            tags={"aws:eks:cluster-name": name},
        )
        return vpc_id, group.id

    def _shown(self, cluster: Cluster) -> dict[str, Any]:
        extras = self._extras(cluster)
        cluster.status = self._status(extras)
        if extras.plane is not None and cluster.status == "ACTIVE":
            cluster.endpoint = extras.plane.endpoint
            cluster.certificate_authority = {"data": extras.plane.authority()}
        names = (
            "name arn version endpoint role_arn resources_vpc_config kubernetes_network_config logging "
            "identity status certificate_authority encryption_config tags created_at"
        )
        shown = {name: getattr(cluster, name) for name in names.split()}
        shown["platformVersion"] = cluster.platformVersion
        if shown["status"] == "CREATING":
            shown["endpoint"] = shown["certificate_authority"] = None
        return {camel(name): value for name, value in shown.items()} | extras.settings

    def _status(self, extras: Extras) -> str:
        status = extras.settling.state("CREATING", "ACTIVE")
        if extras.plane is None or extras.active:
            return status
        if extras.plane.failure() is not None:
            return "FAILED"
        extras.active = status == "ACTIVE" and extras.plane.ready()
        return "ACTIVE" if extras.active else "CREATING"

    def describe_cluster(self) -> ActionResult:
        return ActionResult({"cluster": self._shown(self._cluster())})

    def delete_cluster(self) -> ActionResult:
        cluster = self._cluster()
        if self._extras(cluster).settings.get("deletionProtection"):
            raise InvalidParameterException(
                message=f"Cluster {cluster.name} has deletion protection enabled", clusterName=cluster.name
            )
        shown = self._shown(cluster)
        super().delete_cluster()
        if plane := self._extras(cluster).plane:
            threading.Thread(target=plane.stop).start()
        ec2 = ec2_backends[self.current_account][self.region]
        ec2.delete_security_group(group_id=cluster.resources_vpc_config["clusterSecurityGroupId"])
        return ActionResult({"cluster": shown | {"status": "DELETING"}})

    def update_cluster_config(self) -> ActionResult:
        cluster: Any = self._cluster()
        given = self._given(*cluster_settings)
        self._extras(cluster).settings.update(given)
        if vpc := self._get_param("resourcesVpcConfig"):
            self._stay(cluster, vpc.get("subnetIds", []))
            cluster.resources_vpc_config.update(vpc)
        if logging := self._get_param("logging"):
            cluster.logging = logging
        return self._update("ConfigUpdate")

    def _stay(self, cluster: Any, subnets: list[str]) -> None:
        """Other subnets must be in the VPC and the zones of those that the cluster was created with.

        Source: EKS user guide, "View Amazon EKS networking requirements for VPC and subnets".
        """
        ec2 = ec2_backends[self.current_account][self.region]
        there = [ec2.get_subnet(subnet) for subnet in cluster.resources_vpc_config["subnetIds"]]
        places = {(subnet.vpc_id, subnet.availability_zone) for subnet in there}
        for subnet in map(ec2.get_subnet, subnets):
            if (subnet.vpc_id, subnet.availability_zone) not in places:
                raise InvalidParameterException(
                    message="Provided subnets must be in the VPC and the AZs of the existing subnets",
                    clusterName=cluster.name,
                )

    def update_cluster_version(self) -> ActionResult:
        cluster: Any = self._cluster()
        wanted, current = self._get_param("version"), cluster.version
        if minor(wanted) not in (minor(current), minor(current) + 1):
            raise InvalidParameterException(
                message=f"Unsupported Kubernetes minor version update from {current} to {wanted}",
                clusterName=cluster.name,
            )
        behind = [name for name, group in cluster.nodegroups.items() if group.version != current]
        if behind and wanted != current:
            raise InvalidRequestException(
                message=f"Nodegroups {', '.join(behind)} must be updated to match cluster version {current} "
                "before updating cluster version",
                clusterName=cluster.name,
            )
        cluster.version = wanted
        return self._update("VersionUpdate")

    def associate_encryption_config(self) -> ActionResult:
        cluster: Any = self._cluster()
        cluster.encryption_config = self._get_param("encryptionConfig")
        return self._update("AssociateEncryptionConfig")

    def describe_update(self) -> ActionResult:
        update = self._extras().updates.get(self._get_param("updateId"))
        if update is None:
            raise missing("No update found")
        return ActionResult({"update": update})


def minor(version: str) -> int:
    return int(version.split(".")[1])
