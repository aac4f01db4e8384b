"""The cluster autoscaler of a simulated cluster: pods that find no room get nodes, as long as it runs there.

It acts only while a pod of the cluster autoscaler runs, and reads what that one reads: its flags, the
ConfigMap with its priorities, the tags of Auto Scaling groups. It calls the AWS API, so that its calls are
recorded and can fail. It knows less than the real one: nodes are never removed, pods with a required node
affinity are left alone, and of spreading it knows only the required one over nodes.
"""

import contextlib
import re
import threading
import urllib.error
from dataclasses import dataclass, field
from typing import Any

import yaml  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from moto.ec2.models.instance_types import INSTANCE_TYPES

from simulated_aws.faults import shortage
from simulated_aws.kubernetes import control_plane, devices

name = "cluster-autoscaler"
tag_prefix = "k8s.io/cluster-autoscaler/node-template/"
look_seconds = 1
"""How often it looks, where the real one looks every ten seconds."""

units = {"": 1.0, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
units |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def amount(quantity: str) -> float:
    """A quantity of Kubernetes as a number."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", quantity).groups()  # type: ignore[union-attr]
    return float(number) * units[unit]


@dataclass
class Node:
    """What a node of a group would be, and what this round has put on it."""

    labels: dict[str, str]
    taints: list[dict[str, str]]
    room: dict[str, float]
    pods: list[dict[str, Any]] = field(default_factory=list)

    def takes(self, pod: dict[str, Any]) -> bool:
        spec = pod["spec"]
        selected = spec.get("nodeSelector", {}).items() <= self.labels.items()
        tolerated = all(
            any(tolerates(toleration, taint) for toleration in spec.get("tolerations", []))
            for taint in self.taints
            if taint["effect"] != "PreferNoSchedule"
        )
        fits = all(amount <= self.room.get(resource, 0) for resource, amount in requests(pod).items())
        apart = not any(repels(pod, other) for other in self.pods)
        return selected and tolerated and fits and apart

    def put(self, pod: dict[str, Any]) -> None:
        self.pods.append(pod)
        for resource, wanted in requests(pod).items():
            self.room[resource] -= wanted


def requests(pod: dict[str, Any]) -> dict[str, float]:
    total = {"pods": 1.0}
    for container in pod["spec"]["containers"]:
        for resource, quantity in container.get("resources", {}).get("requests", {}).items():
            total[resource] = total.get(resource, 0) + amount(quantity)
    return total


def tolerates(toleration: dict[str, str], taint: dict[str, str]) -> bool:
    if toleration.get("effect", taint["effect"]) != taint["effect"]:
        return False
    if toleration.get("key", taint["key"]) != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint["value"]


def repels(pod: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a pod may not share its node with another."""
    terms = required(pod, "podAntiAffinity") or []
    labels = other["metadata"].get("labels", {}).items()
    return any(
        term["topologyKey"] == "kubernetes.io/hostname"
        and term.get("labelSelector", {}).get("matchLabels", {}).items() <= labels
        for term in terms
    )


def required(pod: dict[str, Any], kind: str) -> Any:
    affinity = pod["spec"].get("affinity", {}).get(kind, {})
    return affinity.get("requiredDuringSchedulingIgnoredDuringExecution")


def waits(pod: dict[str, Any], nodes: int) -> bool:
    """Whether the scheduler found no room for a pod on any node; it says how many it looked at."""
    unschedulable = any(
        (condition["type"], condition.get("reason")) == ("PodScheduled", "Unschedulable")
        and condition["message"].startswith((f"0/{nodes} nodes", "no nodes available"))
        for condition in pod["status"].get("conditions", [])
    )
    leaving = "deletionTimestamp" in pod["metadata"]
    return unschedulable and not leaving and required(pod, "nodeAffinity") is None


def young(node: dict[str, Any]) -> bool:
    """Whether a node isn't ready for pods yet."""
    return any(taint["key"].startswith("node.kubernetes.io/") for taint in node["spec"].get("taints", []))


def template(group: dict[str, Any], kind: str) -> Node:
    """A node of an empty group: its instance type, and what its tags say.

    As the real one builds it, all of the capacity counts as room, and a resource that neither tells is not
    there. Source: kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/aws_manager.go,
    buildNodeFromTemplate.
    """
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}

    def told(what: str) -> dict[str, str]:
        start = f"{tag_prefix}{what}/"
        return {key.removeprefix(start): value for key, value in tags.items() if key.startswith(start)}

    details = INSTANCE_TYPES[kind]
    gpus = sum(gpu["Count"] for gpu in details.get("GpuInfo", {}).get("Gpus", []))
    room = {
        "cpu": float(details["VCpuInfo"]["DefaultVCpus"]),
        "memory": details["MemoryInfo"]["SizeInMiB"] * 2.0**20,
        "nvidia.com/gpu": float(gpus),
        "pods": 110.0,
    } | {resource: amount(quantity) for resource, quantity in told("resources").items()}
    taints = []
    for key, value in told("taint").items():
        text, effect = value.rsplit(":", 1)
        taints.append({"key": key, "value": text, "effect": effect})
    labels = {"node.kubernetes.io/instance-type": kind, "kubernetes.io/os": "linux"} | told("label")
    return Node(labels, taints, room)


class Autoscaler:
    """One cluster's autoscaler."""

    def __init__(self, plane: control_plane.ControlPlane, region: str) -> None:
        self._plane = plane
        clients = [
            get_session().create_client(
                service,
                region_name=region,
                endpoint_url=f"http://127.0.0.1:{control_plane.port}",
                aws_access_key_id=name,
                aws_secret_access_key="simulated",  # noqa: S106 any key is somebody's
            )
            for service in ("autoscaling", "ec2", "eks")
        ]
        self._autoscaling, self._ec2, self._eks = clients
        self._seen: set[str] = set()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        stopped = threading.Event()
        while self._plane in control_plane.running:
            # What fails is tried again: the API server is not there yet, or a call was made to fail.
            with contextlib.suppress(OSError, ValueError, urllib.error.HTTPError, ClientError, BotoCoreError):
                if self._plane.ready():
                    self.look()
            stopped.wait(look_seconds)

    def look(self) -> None:
        """One round: nodes for the pods that wait since the last one, if none are on their way."""
        client = self._plane.client()
        pending = client.send("GET", "/api/v1/pods?fieldSelector=status.phase%3DPending")["items"]
        nodes = client.send("GET", "/api/v1/nodes")["items"]
        waiting = {pod["metadata"]["uid"]: pod for pod in pending if waits(pod, len(nodes))}
        seen, self._seen = self._seen, set(waiting)
        still = [waiting[uid] for uid in sorted(waiting.keys() & seen)]
        if any(devices.awaited(node) for node in nodes):
            still = [pod for pod in still if not devices.wants(requests(pod))]
        if not still or any(young(node) for node in nodes):
            return
        flags = self._flags(client)
        if flags is None:
            return
        groups = self._groups(flags, client)
        there = {node["spec"]["providerID"].rsplit("/", 1)[-1] for node in nodes}
        started = {each["InstanceId"] for group in groups for each in group["Instances"]}
        if started - there:
            return
        # The real one finds out when an instance does not start, and then tries the next group.
        able = [(group, kind) for group in groups if (kind := self._kind(group)) is not None]
        for group, count in self._wanted(still, able, nodes).items():
            self._autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=count)

    def _flags(self, client: Any) -> dict[str, str] | None:
        """The flags of the autoscaler that runs in the cluster; None where none does."""
        label = f"app.kubernetes.io%2Fname%3D{name}"
        pods = client.send("GET", f"/api/v1/pods?labelSelector={label}")["items"]
        for pod in pods:
            if pod["status"].get("phase") == "Running":
                words = pod["spec"]["containers"][0].get("command", [])
                return dict(word.removeprefix("--").partition("=")[::2] for word in words)
        return None

    def _groups(self, flags: dict[str, str], client: Any) -> list[dict[str, Any]]:
        """The groups that it may scale, in the order of its priorities."""
        wanted = set(flags["node-group-auto-discovery"].removeprefix("asg:tag=").split(","))
        groups = self._autoscaling.get_paginator("describe_auto_scaling_groups").paginate()
        found = [
            group
            for page in groups
            for group in page["AutoScalingGroups"]
            if wanted <= {tag["Key"] for tag in group["Tags"]}
        ]
        path = f"/api/v1/namespaces/{flags['namespace']}/configmaps/{name}-priority-expander"
        priorities = yaml.safe_load(client.send("GET", path)["data"]["priorities"])

        def priority(group: dict[str, Any]) -> int:
            matches = (
                int(number)
                for number, patterns in priorities.items()
                if any(re.search(pattern, group["AutoScalingGroupName"]) for pattern in patterns)
            )
            return max(matches, default=0)

        return sorted(found, key=lambda group: (-priority(group), group["AutoScalingGroupName"]))

    def _wanted(
        self,
        waiting: list[dict[str, Any]],
        groups: list[tuple[dict[str, Any], str]],
        nodes: list[dict[str, Any]],
    ) -> dict[str, int]:
        """Sizes that groups should have, by their names; only of those that grow."""
        grown: dict[str, int] = {}
        coming: list[Node] = []
        for pod in waiting:
            if ready := next((node for node in coming if node.takes(pod)), None):
                ready.put(pod)
                continue
            for group, kind in groups:
                label = group["AutoScalingGroupName"]
                size = grown.get(label, group["DesiredCapacity"])
                node = following(group, kind, nodes)
                if size < group["MaxSize"] and node.takes(pod):
                    node.put(pod)
                    coming.append(node)
                    grown[label] = size + 1
                    break
        return grown

    def _kind(self, group: dict[str, Any]) -> str | None:
        """The type that a group's nodes are taken to be of, the first; None where none can be had."""
        chosen = group["LaunchTemplate"]
        data = self._ec2.describe_launch_template_versions(
            LaunchTemplateId=chosen["LaunchTemplateId"], Versions=[chosen["Version"]]
        )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        first = str(data["InstanceType"])
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        found = self._eks.describe_nodegroup(
            clusterName=tags["eks:cluster-name"], nodegroupName=tags["eks:nodegroup-name"]
        )
        kinds = found["nodegroup"].get("instanceTypes") or [first]
        short = all(shortage(kind, zone) for kind in kinds for zone in group["AvailabilityZones"])
        return None if short else first


def following(group: dict[str, Any], kind: str, nodes: list[dict[str, Any]]) -> Node:
    """What the next node of a group would be."""
    own = {each["InstanceId"] for each in group["Instances"]}
    for node in nodes:
        if node["spec"]["providerID"].rsplit("/", 1)[-1] in own:
            return like(node)
    return template(group, kind)


def like(node: dict[str, Any]) -> Node:
    """Another node like one that is there, without its pods."""
    taints = [
        {"value": "", **taint}
        for taint in node["spec"].get("taints", [])
        if not taint["key"].startswith("node.kubernetes.io/")
    ]
    room = {resource: amount(quantity) for resource, quantity in node["status"]["allocatable"].items()}
    return Node(node["metadata"]["labels"], taints, room)
