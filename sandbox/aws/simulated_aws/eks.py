"""EKS beyond moto's clusters and node groups: access entries, add-ons, pod identities, versions, updates, tags.

moto 5.2.5 answers 404 to CreateAddon, CreatePodIdentityAssociation and everything about access entries, keeps few of a
cluster's settings, and forgets the tags of all but clusters.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks import urls
from moto.eks.exceptions import InvalidParameterException, ResourceInUseException, ResourceNotFoundException
from moto.eks.models import Cluster, Nodegroup
from moto.eks.responses import EKSResponse
from moto.moto_api._internal import mock_random as random

from simulated_aws.calls import App, Environ
from simulated_aws.durations import Settling

versions = {
    "coredns": "v1.13.2-eksbuild.1",
    "kube-proxy": "v1.35.0-eksbuild.2",
    "vpc-cni": "v1.21.1-eksbuild.3",
}
"""Versions of add-ons that follow a cluster's; any other add-on gets v1.0.0-eksbuild.1 where none is asked for."""

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

nodegroup_settings = ("updateConfig", "nodeRepairConfig")
"""The same of a node group."""


def extend() -> None:
    """Puts this module's answers in the place of moto's."""
    response = Response()
    paths = [path for path in urls.url_paths if "/clusters" in path or "/tags" in path]
    cluster = "{0}/clusters/(?P<name>[^/]+)"
    paths += [
        f"{cluster}/addons$",
        f"{cluster}/addons/(?P<addonName>[^/]+)$",
        f"{cluster}/addons/(?P<addonName>[^/]+)/update$",
        f"{cluster}/access-entries$",
        f"{cluster}/access-entries/(?P<principalArn>[^/]+)$",
        f"{cluster}/access-entries/(?P<principalArn>[^/]+)/access-policies$",
        f"{cluster}/access-entries/(?P<principalArn>[^/]+)/access-policies/(?P<policyArn>[^/]+)$",
        f"{cluster}/pod-identity-associations$",
        f"{cluster}/pod-identity-associations/(?P<associationId>[^/]+)$",
        f"{cluster}/updates$",
        f"{cluster}/updates/(?P<updateId>[^/]+)$",
        f"{cluster}/encryption-config/associate$",
        f"{cluster}/node-groups/(?P<nodegroupName>[^/]+)/update-version$",
        "{0}/addons/supported-versions$",
        "{0}/cluster-versions$",
    ]
    urls.url_paths.clear()
    urls.url_paths.update({path: response.dispatch for path in paths})


class EncodedPaths:
    """Keeps the names in EKS's paths encoded: a principal's ARN holds slashes, and moto splits paths at slashes."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["simulated_aws.call"][0] == "eks":
            environ["PATH_INFO"] = environ["REQUEST_URI"].partition("?")[0]
        return self._app(environ, start_response)


def missing(what: str, **names: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(message=what, **names)


class Extras:
    """What is kept of a cluster besides moto's own record of it."""

    def __init__(self) -> None:
        self.addons: dict[str, dict[str, Any]] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        self.pod_identities: dict[str, dict[str, Any]] = {}
        self.updates: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, Any] = {}
        self.settling = Settling("eks-cluster")


class Response(EKSResponse):
    """moto's EKS with the rest of it."""

    def _cluster(self) -> Cluster:
        return self.eks_backend.describe_cluster(name=self._get_param("name"))

    def _extras(self, cluster: Cluster | None = None) -> Extras:
        owner: Any = cluster or self._cluster()
        if not hasattr(owner, "extras"):
            owner.extras = Extras()
        extras: Extras = owner.extras
        return extras

    def _given(self, *names: str) -> dict[str, Any]:
        given = {name: self._get_param(name) for name in names}
        return {name: value for name, value in given.items() if value is not None}

    def _arn(self, path: str) -> str:
        return f"arn:{self.partition}:eks:{self.region}:{self.current_account}:{path}"

    # Clusters

    def create_cluster(self) -> ActionResult:
        created = super().create_cluster()
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
        vpc["vpcId"], vpc["clusterSecurityGroupId"] = self._network(cluster.name, vpc.get("subnetIds", []))
        logging = cluster.logging.get("clusterLogging", [])
        for setup in logging:
            setup.setdefault("enabled", False)
        del created
        return ActionResult({"cluster": self._shown(cluster)})

    def _network(self, name: str, subnets: list[str]) -> tuple[str, str]:
        """The cluster's VPC, and the security group that EKS makes in it."""
        from moto.ec2.models import ec2_backends

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
        cluster.status = extras.settling.state("CREATING", "ACTIVE")
        names = (
            "name arn version endpoint role_arn resources_vpc_config kubernetes_network_config logging identity "
            "status certificate_authority encryption_config tags created_at"
        )
        shown = {name: getattr(cluster, name) for name in names.split()}
        shown["platformVersion"] = cluster.platformVersion
        if shown["status"] == "CREATING":
            shown["endpoint"] = shown["certificate_authority"] = None
        return {camel(name): value for name, value in shown.items()} | extras.settings

    def describe_cluster(self) -> ActionResult:
        return ActionResult({"cluster": self._shown(self._cluster())})

    def delete_cluster(self) -> ActionResult:
        cluster = self._cluster()
        if self._extras(cluster).settings.get("deletionProtection"):
            raise InvalidParameterException(
                message=f"Cluster {cluster.name} has deletion protection enabled", clusterName=cluster.name
            )
        from moto.ec2.models import ec2_backends

        shown = self._shown(cluster)
        super().delete_cluster()
        ec2 = ec2_backends[self.current_account][self.region]
        ec2.delete_security_group(group_id=cluster.resources_vpc_config["clusterSecurityGroupId"])
        return ActionResult({"cluster": shown | {"status": "DELETING"}})

    def update_cluster_config(self) -> ActionResult:
        cluster: Any = self._cluster()
        given = self._given(*cluster_settings)
        self._extras(cluster).settings.update(given)
        if vpc := self._get_param("resourcesVpcConfig"):
            cluster.resources_vpc_config.update(vpc)
        if logging := self._get_param("logging"):
            cluster.logging = logging
        return self._update("ConfigUpdate")

    def update_cluster_version(self) -> ActionResult:
        cluster: Any = self._cluster()
        wanted, current = self._get_param("version"), cluster.version
        if minor(wanted) < minor(current):
            raise InvalidParameterException(
                message=f"Unsupported Kubernetes minor version update from {current} to {wanted}", clusterName=cluster.name
            )
        if minor(wanted) > minor(current) + 1:
            raise InvalidParameterException(
                message=f"Unsupported Kubernetes minor version update from {current} to {wanted}", clusterName=cluster.name
            )
        cluster.version = wanted
        return self._update("VersionUpdate")

    def associate_encryption_config(self) -> ActionResult:
        cluster: Any = self._cluster()
        cluster.encryption_config = self._get_param("encryptionConfig")
        return self._update("AssociateEncryptionConfig")

    def _update(self, kind: str) -> ActionResult:
        update = {
            "id": str(random.uuid4()),
            "status": "Successful",
            "type": kind,
            "params": [],
            "createdAt": utcnow(),
            "errors": [],
        }
        self._extras().updates[update["id"]] = update
        return ActionResult({"update": update})

    def describe_update(self) -> ActionResult:
        update = self._extras().updates.get(self._get_param("updateId"))
        if update is None:
            raise missing("No update found")
        return ActionResult({"update": update})

    # Node groups

    def create_nodegroup(self) -> ActionResult:
        super().create_nodegroup()
        group: Any = self._nodegroup()
        group.version = self._get_param("version") or self._cluster().version
        group.release_version = self._get_param("releaseVersion") or f"{group.version}.0-20260301"
        group.settings = self._given(*nodegroup_settings)
        group.settings.setdefault("updateConfig", {"maxUnavailable": 1})
        group.settling = Settling("eks-nodegroup")
        return ActionResult({"nodegroup": self._shown_nodegroup(group)})

    def _nodegroup(self) -> Nodegroup:
        return self.eks_backend.describe_nodegroup(
            cluster_name=self._get_param("name"), nodegroup_name=self._get_param("nodegroupName")
        )

    def _shown_nodegroup(self, group: Any) -> dict[str, Any]:
        if group.status != "CREATE_FAILED":
            group.status = group.settling.state("CREATING", "ACTIVE")
        names = (
            "nodegroup_name cluster_name version release_version created_at modified_at status capacity_type "
            "scaling_config instance_types subnets ami_type node_role labels taints resources health launch_template tags"
        )
        shown = {camel(name): getattr(group, name) for name in names.split()} | {"nodegroupArn": group.arn}
        if group.launch_template is None:
            shown["diskSize"] = group.disk_size
        return shown | group.settings

    def describe_nodegroup(self) -> ActionResult:
        return ActionResult({"nodegroup": self._shown_nodegroup(self._nodegroup())})

    def delete_nodegroup(self) -> ActionResult:
        shown = self._shown_nodegroup(self._nodegroup())
        super().delete_nodegroup()
        return ActionResult({"nodegroup": shown | {"status": "DELETING"}})

    def update_nodegroup_config(self) -> ActionResult:
        group: Any = self._nodegroup()
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
        group.scaling_config = group.scaling_config | (self._get_param("scalingConfig") or {})
        group.settings.update(self._given(*nodegroup_settings))
        return self._update("ConfigUpdate")

    def update_nodegroup_version(self) -> ActionResult:
        group: Any = self._nodegroup()
        group.version = self._get_param("version") or group.version
        group.release_version = self._get_param("releaseVersion") or group.release_version
        if template := self._get_param("launchTemplate"):
            group.launch_template.update(template)
        return self._update("VersionUpdate")

    # Add-ons

    def create_addon(self) -> ActionResult:
        cluster, extras = self._cluster(), self._extras()
        name = self._get_param("addonName")
        if name in extras.addons:
            raise ResourceInUseException(message="Addon already exists.", clusterName=cluster.name, addonName=name)
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
        extras.addons[name] = {"addon": addon, "settling": Settling("eks-addon")}
        return self._shown_addon(name)

    def _associate(self, addon: dict[str, Any]) -> None:
        """Add-ons bring the pod identity associations that they are created with."""
        given = self._get_param("podIdentityAssociations")
        if given is None:
            return
        extras = self._extras()
        for arn in addon.get("podIdentityAssociations", []):
            extras.pod_identities.pop(arn.rsplit("/", 1)[1], None)
        addon["podIdentityAssociations"] = [
            self._new_pod_identity("kube-system", pair["serviceAccount"], pair["roleArn"], owner=addon["addonArn"])[
                "associationArn"
            ]
            for pair in given
        ]

    def _shown_addon(self, name: str, status: str | None = None) -> ActionResult:
        kept = self._extras().addons.get(name)
        if kept is None:
            raise missing(f"No addon: {name} found in cluster: {self._get_param('name')}", addonName=name)
        now = status or kept["settling"].state("CREATING", "ACTIVE")
        return ActionResult({"addon": kept["addon"] | {"status": now}})

    def describe_addon(self) -> ActionResult:
        return self._shown_addon(self._get_param("addonName"))

    def update_addon(self) -> ActionResult:
        name = self._get_param("addonName")
        self._shown_addon(name)
        addon = self._extras().addons[name]["addon"]
        addon.update(self._given("addonVersion", "serviceAccountRoleArn", "configurationValues"))
        self._associate(addon)
        addon["modifiedAt"] = utcnow()
        return self._update("AddonUpdate")

    def delete_addon(self) -> ActionResult:
        name = self._get_param("addonName")
        shown = self._shown_addon(name, "DELETING")
        addon = self._extras().addons.pop(name)["addon"]
        for arn in addon.get("podIdentityAssociations", []):
            self._extras().pod_identities.pop(arn.rsplit("/", 1)[1], None)
        return shown

    def list_addons(self) -> ActionResult:
        return ActionResult({"addons": list(self._extras().addons)})

    def describe_addon_versions(self) -> ActionResult:
        name = self._get_param("addonName")
        kubernetes = self._get_param("kubernetesVersion")
        named = [name] if name else list(versions)
        return ActionResult(
            {
                "addons": [
                    {
                        "addonName": each,
                        "type": "networking",
                        "addonVersions": [
                            {
                                "addonVersion": versions.get(each, "v1.0.0-eksbuild.1"),
                                "architecture": ["amd64", "arm64"],
                                "compatibilities": [
                                    {"clusterVersion": kubernetes, "platformVersions": ["*"], "defaultVersion": True}
                                ],
                            }
                        ],
                    }
                    for each in named
                ]
            }
        )

    # Access entries

    def _principal(self) -> str:
        return unquote(self._get_param("principalArn"))

    def _entry(self) -> dict[str, Any]:
        entry = self._extras().entries.get(self._principal())
        if entry is None:
            raise missing("The specified principalArn could not be found. Specify an existing principalArn.")
        return entry

    def create_access_entry(self) -> ActionResult:
        cluster, extras, principal = self._cluster(), self._extras(), self._get_param("principalArn")
        if extras.settings["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
            raise InvalidParameterException(
                message="The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
                "to perform this operation."
            )
        if principal in extras.entries:
            raise ResourceInUseException(
                message="The specified access entry resource is already in use on this cluster.", clusterName=cluster.name
            )
        kind, _, name = principal.split(":", 5)[5].partition("/")
        entry = {
            "clusterName": cluster.name,
            "principalArn": principal,
            "kubernetesGroups": self._get_param("kubernetesGroups") or [],
            "accessEntryArn": self._arn(f"access-entry/{cluster.name}/{kind}/{self.current_account}/{name}/{random.uuid4()}"),
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "tags": self._get_param("tags") or {},
            "username": self._get_param("username")
            or f"arn:{self.partition}:sts::{self.current_account}:assumed-role/{name}/{{{{SessionName}}}}",
            "type": self._get_param("type") or "STANDARD",
        }
        extras.entries[principal] = {"entry": entry, "policies": {}}
        return ActionResult({"accessEntry": entry})

    def describe_access_entry(self) -> ActionResult:
        return ActionResult({"accessEntry": self._entry()["entry"]})

    def update_access_entry(self) -> ActionResult:
        entry = self._entry()["entry"]
        entry.update(self._given("kubernetesGroups", "username"))
        return ActionResult({"accessEntry": entry})

    def delete_access_entry(self) -> ActionResult:
        self._entry()
        del self._extras().entries[self._principal()]
        return ActionResult({})

    def list_access_entries(self) -> ActionResult:
        return ActionResult({"accessEntries": list(self._extras().entries)})

    def associate_access_policy(self) -> ActionResult:
        policy = self._given("policyArn", "accessScope") | {"associatedAt": utcnow(), "modifiedAt": utcnow()}
        self._entry()["policies"][policy["policyArn"]] = policy
        return ActionResult(
            {"clusterName": self._get_param("name"), "principalArn": self._principal(), "associatedAccessPolicy": policy}
        )

    def list_associated_access_policies(self) -> ActionResult:
        return ActionResult(
            {
                "clusterName": self._get_param("name"),
                "principalArn": self._principal(),
                "associatedAccessPolicies": list(self._entry()["policies"].values()),
            }
        )

    def disassociate_access_policy(self) -> ActionResult:
        self._entry()["policies"].pop(unquote(self._get_param("policyArn")), None)
        return ActionResult({})

    # Pod identities

    def _new_pod_identity(
        self, namespace: str, account: str, role: str, owner: str | None = None, tags: dict[str, str] | None = None
    ) -> dict[str, Any]:
        cluster, extras = self._cluster(), self._extras()
        for other in extras.pod_identities.values():
            if (other["namespace"], other["serviceAccount"]) == (namespace, account):
                raise ResourceInUseException(
                    message=f"Association already exists: {other['associationId']}", clusterName=cluster.name
                )
        name = f"a-{random.get_random_string(18).lower()}"
        association = {
            "clusterName": cluster.name,
            "namespace": namespace,
            "serviceAccount": account,
            "roleArn": role,
            "associationArn": self._arn(f"podidentityassociation/{cluster.name}/{name}"),
            "associationId": name,
            "tags": tags or {},
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "disableSessionTags": False,
        }
        if owner:
            association["ownerArn"] = owner
        extras.pod_identities[name] = association
        return association

    def create_pod_identity_association(self) -> ActionResult:
        association = self._new_pod_identity(
            self._get_param("namespace"),
            self._get_param("serviceAccount"),
            self._get_param("roleArn"),
            tags=self._get_param("tags"),
        )
        association.update(self._given("disableSessionTags", "targetRoleArn"))
        return ActionResult({"association": association})

    def _association(self) -> dict[str, Any]:
        association = self._extras().pod_identities.get(self._get_param("associationId"))
        if association is None:
            raise missing(f"Pod identity association not found: {self._get_param('associationId')}")
        return association

    def describe_pod_identity_association(self) -> ActionResult:
        return ActionResult({"association": self._association()})

    def update_pod_identity_association(self) -> ActionResult:
        association = self._association()
        association.update(self._given("roleArn", "disableSessionTags", "targetRoleArn"))
        return ActionResult({"association": association})

    def delete_pod_identity_association(self) -> ActionResult:
        association = self._association()
        del self._extras().pod_identities[association["associationId"]]
        return ActionResult({"association": association})

    def list_pod_identity_associations(self) -> ActionResult:
        return ActionResult({"associations": list(self._extras().pod_identities.values())})

    # Tags

    def _tags(self) -> dict[str, str]:
        arn = unquote(self._extract_arn_from_path())
        for cluster in self.eks_backend.clusters.values():
            extras = self._extras(cluster)
            if cluster.arn == arn:
                return cluster.tags
            for group in cluster.nodegroups.values():
                if group.arn == arn:
                    return group.tags
            for kept in extras.addons.values():
                if kept["addon"]["addonArn"] == arn:
                    return kept["addon"]["tags"]
            for kept in extras.entries.values():
                if kept["entry"]["accessEntryArn"] == arn:
                    return kept["entry"]["tags"]
            for association in extras.pod_identities.values():
                if association["associationArn"] == arn:
                    return association["tags"]
        raise missing(f"Resource was not found: {arn}")

    def tag_resource(self) -> ActionResult:
        self._tags().update(self._get_param("tags"))
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        names = self._get_param("tagKeys")
        tags = self._tags()
        for name in names if isinstance(names, list) else [names]:
            tags.pop(name, None)
        return ActionResult({})

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"tags": self._tags()})


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def minor(version: str) -> int:
    return int(version.split(".")[1])
