"""What EKS makes of a node group: an Auto Scaling group, its instances, and nodes of the cluster."""

import threading
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.utils import parse_user_data
from moto.eks.models import eks_backends
from moto.moto_api._internal import mock_random as random

from simulated_aws.autoscaling import failing, sizing
from simulated_aws.durations import scaled
from simulated_aws.kubernetes.devices import slices_in
from simulated_aws.kubernetes.nodes import Launch, node_of, reconcile

reconciling = threading.Lock()


def heed_capacity() -> None:
    """Lets nodes follow whoever sets the desired capacity of a node group's Auto Scaling group."""
    set_capacity = AutoScalingBackend.set_desired_capacity

    def heeded(self: Any, group_name: str, desired_capacity: int | None) -> None:
        set_capacity(self, group_name, desired_capacity)
        tags = {tag["Key"]: tag["Value"] for tag in self.autoscaling_groups[group_name].tags}
        clusters = eks_backends[self.account_id][self.region_name].clusters
        if cluster := clusters.get(tags.get("eks:cluster-name", "")):
            join_later(cluster, self.account_id, self.region_name)

    AutoScalingBackend.set_desired_capacity = heeded  # type: ignore[method-assign]


def autoscaling_group(group: Any) -> str:
    """Name of the Auto Scaling group that EKS made of a node group."""
    name: str = group.resources["autoScalingGroups"][0]["name"]
    return name


def sizes(group: Any, account: str, region: str) -> dict[str, int]:
    """The group's sizes as they are now: whoever sets its Auto Scaling group's is heard."""
    autoscaling = autoscaling_backends[account][region].autoscaling_groups.get(autoscaling_group(group))
    kept: dict[str, int] = group.scaling_config
    if autoscaling is None:
        return kept
    return kept | {"desiredSize": autoscaling.desired_capacity or 0}


def source(ec2: Any, given: dict[str, str]) -> Any:
    """The version of a launch template that a request names, by its id or its name."""
    name = given.get("name")
    template = ec2.get_launch_template_by_name(name) if name else ec2.get_launch_template(given["id"])
    return template.get_version(given.get("version") or "$Default")


def given_data(group: Any, ec2: Any) -> dict[str, Any]:
    """What the launch template of the group's owner says; nothing where there is none."""
    if not group.launch_template:
        return {}
    data = dict(source(ec2, group.launch_template).data)
    # moto 5.2.5 reads it of a template's first version only.
    if isinstance(data.get("UserData"), str):
        data["UserData"] = parse_user_data(data["UserData"])
    return data


def instance_type(group: Any, backend: Any) -> str:
    """The first of the group's types, or the launch template's."""
    return str(
        group.instance_types[0] if group.instance_types else given_data(group, backend)["InstanceType"]
    )


def launched(group: Any, backend: Any, kind: str) -> Launch:
    """What the group's launch template makes of an instance type."""
    data = backend.get_launch_template(group.template_id).get_version("1").data
    interfaces = [each.get("InterfaceType") for each in data.get("NetworkInterfaces", [])]
    efas = len([each for each in interfaces if each in ("efa", "efa-only")])
    user_data = data["UserData"].decode() if "UserData" in data else ""
    slices = slices_in(user_data)
    if "RAID0" in user_data:
        store = INSTANCE_TYPES[kind]["InstanceStorageInfo"]["TotalSizeInGB"]
        return Launch(efas, int(store * 1e9 / 2**30), slices)
    sizes = [each.get("Ebs", {}).get("VolumeSize") for each in data.get("BlockDeviceMappings", [])]
    return Launch(efas, int(next(filter(None, sizes), group.disk_size or 20)), slices)


def launch(cluster: Any, group: Any, account: str, region: str) -> None:
    """Makes the Auto Scaling group of a new node group, with its first instances."""
    ec2 = ec2_backends[account][region]
    given = given_data(group, ec2)
    # The cluster's own group where the template names none. Source: EKS user guide, "Customize managed nodes
    # with launch templates".
    named = given.get("SecurityGroupIds") or given.get("NetworkInterfaces")
    own = {} if named else {"SecurityGroupIds": [cluster.resources_vpc_config["clusterSecurityGroupId"]]}
    # As EKS does: a launch template of its own, made from the one that it was given.
    template = ec2.create_launch_template(
        name=f"eks-{random.uuid4()}",
        description="",
        template_data={"ImageId": next(iter(ec2.amis))}
        | given
        | own
        | {"InstanceType": instance_type(group, ec2)},
        tag_spec={},
    )
    group.template_id = template.id
    size = group.scaling_config
    owned = f"kubernetes.io/cluster/{cluster.name}"
    autoscaling: Any = autoscaling_backends[account][region]
    autoscaling.create_auto_scaling_group(
        name=autoscaling_group(group),
        availability_zones=[],
        desired_capacity=0,
        max_size=size["maxSize"],
        min_size=size["minSize"],
        launch_config_name="",
        launch_template={"LaunchTemplateId": template.id, "Version": "1"},
        vpc_zone_identifier=",".join(group.subnets),
        default_cooldown=None,
        health_check_period=15,
        health_check_type="EC2",
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=[],
        tags=[
            {"Key": "eks:cluster-name", "Value": cluster.name, "PropagateAtLaunch": True},
            {"Key": "eks:nodegroup-name", "Value": group.nodegroup_name, "PropagateAtLaunch": True},
            {"Key": owned, "Value": "owned", "PropagateAtLaunch": True},
            # By these the cluster autoscaler finds it. Source: EKS user guide, "Cluster Autoscaler".
            {"Key": "k8s.io/cluster-autoscaler/enabled", "Value": "true", "PropagateAtLaunch": True},
            {
                "Key": f"k8s.io/cluster-autoscaler/{cluster.name}",
                "Value": "owned",
                "PropagateAtLaunch": True,
            },
        ],
    )
    made = autoscaling.autoscaling_groups[autoscaling_group(group)]
    made.kinds, made.bought = (
        group.instance_types or [instance_type(group, ec2)],
        group.capacity_type or "ON_DEMAND",
    )
    made.set_desired_capacity(size["desiredSize"])
    join_later(cluster, account, region)


def shortage(cluster: Any, group: Any, account: str, region: str) -> str | None:
    """Why a node group has fewer instances than it wants, in the words of Auto Scaling."""
    autoscaling: Any = autoscaling_backends[account][region].autoscaling_groups.get(autoscaling_group(group))
    if autoscaling is None:
        return None
    before = len(autoscaling.active_instances())
    reason = failing(autoscaling)
    if len(autoscaling.active_instances()) > before:
        join_later(cluster, account, region)
    return reason


def resize(cluster: Any, group: Any, account: str, region: str) -> None:
    """Follows a change of a node group's sizes."""
    backend, size = autoscaling_backends[account][region], group.scaling_config
    autoscaling = backend.autoscaling_groups[autoscaling_group(group)]
    autoscaling.min_size, autoscaling.max_size = size["minSize"], size["maxSize"]
    autoscaling.set_desired_capacity(size["desiredSize"])
    join_later(cluster, account, region)


def terminate(cluster: Any, group: Any, account: str, region: str) -> None:
    """Ends a node group's instances, and removes what EKS made of it."""
    backend = autoscaling_backends[account][region]
    backend.delete_auto_scaling_group(autoscaling_group(group))
    ec2: Any = ec2_backends[account][region]
    ec2.delete_launch_template(name=None, tid=group.template_id)
    join_later(cluster, account, region)


def join_later(cluster: Any, account: str, region: str) -> None:
    """Nodes join when their instances have started, and go when those have ended."""
    if cluster.extras.plane is None:
        return
    timer = threading.Timer(scaled("ec2-instance"), join, (cluster, account, region))
    timer.daemon = True
    timer.start()


def join(cluster: Any, account: str, region: str) -> None:
    """Makes the nodes of a cluster those of its node groups' instances."""
    plane = cluster.extras.plane
    if plane is None or not plane.ready():
        return
    groups = autoscaling_backends[account][region].autoscaling_groups
    with reconciling:
        wanted = {}
        with sizing:
            for group in list(cluster.nodegroups.values()):
                autoscaling = groups.get(autoscaling_group(group))
                for state in [] if autoscaling is None else autoscaling.instance_states:
                    kind = state.instance.instance_type
                    launch = launched(group, ec2_backends[account][region], kind)
                    node = node_of(state.instance, group, launch)
                    wanted[node["metadata"]["name"]] = node
        reconcile(plane.client(), wanted)
