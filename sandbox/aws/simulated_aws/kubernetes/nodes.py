"""Instances as nodes of Kubernetes, which KWOK keeps Ready and whose pods it reports as running."""

import urllib.error
from dataclasses import dataclass
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

from simulated_aws.kubernetes import devices
from simulated_aws.kubernetes.client import Client

fake = {"kwok.x-k8s.io/node": "fake"}
effects = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}


@dataclass(frozen=True)
class Launch:
    """What a launch template adds to an instance type."""

    efas: int
    """EFA interfaces."""

    disk_gib: int
    """What kubelet keeps pods on: the root volume, or the instance store where it is one RAID."""

    slices: str = ""
    """MIG slices that each card is cut into, as nvidia-smi is told them; empty: they stay whole."""


def allocatable(kind: dict[str, Any], launch: Launch) -> tuple[dict[str, str], dict[str, str]]:
    """Capacity of an instance type that is launched so, and what kubelet leaves of it to pods.

    Kubelet keeps CPU by its number, and of memory 255 MiB and 11 per address; 100 MiB are for evictions.
    Source: amazon-eks-ami v20260714, nodeadm/internal/kubelet. The hypervisor keeps 7.5 % of the memory, as
    Karpenter assumes for types that it has not seen (vm-memory-overhead-percent). With EFA 5,128 huge pages
    of 2 MiB are set aside (EKS user guide, node-efa). Of the disk kubelet keeps 1 GiB, and a tenth free.
    GPUs are what device plugins offer later.
    """
    cpus = kind["VCpuInfo"]["DefaultVCpus"]
    network = kind["NetworkInfo"]
    card = network["NetworkCards"][network.get("DefaultNetworkCardIndex", 0)]
    addresses = card["MaximumNetworkInterfaces"] * (network["Ipv4AddressesPerInterface"] - 1) + 2
    pods = min(addresses, 110 if cpus < 30 else 250)
    memory = int(kind["MemoryInfo"]["SizeInMiB"] * 0.925)
    shares = ((1, 60), (1, 10), (2, 5), (max(cpus - 4, 0), 2.5))
    reserved = 0.0
    left = cpus
    for count, milli in shares:
        reserved += min(count, left) * milli
        left -= min(count, left)
    huge = 5128 * 2 if launch.efas else 0
    offered = {
        name: amount
        for name, amount, there in (
            ("vpc.amazonaws.com/efa", str(launch.efas), launch.efas),
            ("hugepages-2Mi", f"{huge}Mi", huge),
        )
        if there
    }
    capacity = {
        "cpu": str(cpus),
        "memory": f"{memory}Mi",
        "pods": str(pods),
        "ephemeral-storage": f"{launch.disk_gib}Gi",
    } | offered
    left_to_pods = {
        "cpu": f"{cpus * 1000 - int(reserved)}m",
        "memory": f"{memory - 255 - 11 * addresses - 100 - huge}Mi",
        "pods": str(pods),
        "ephemeral-storage": f"{int(launch.disk_gib * 0.9) - 1}Gi",
    }
    return capacity, left_to_pods | offered


def nvidia_gpus(kind: dict[str, Any]) -> int:
    gpus = kind.get("GpuInfo", {}).get("Gpus", [])
    return sum(gpu["Count"] for gpu in gpus if gpu["Manufacturer"] == "NVIDIA")


def node_of(instance: Any, group: Any, launch: Launch) -> dict[str, Any]:
    """The node that an instance of a node group joins as."""
    kind = INSTANCE_TYPES[instance.instance_type]
    capacity, left = allocatable(kind, launch)
    architecture = kind["ProcessorInfo"]["SupportedArchitectures"][-1]
    zone = instance.placement.zone
    labels = {
        "kubernetes.io/arch": "arm64" if architecture == "arm64" else "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": instance.private_dns_name,
        "node.kubernetes.io/instance-type": instance.instance_type,
        "topology.kubernetes.io/region": zone[:-1],
        "topology.kubernetes.io/zone": zone,
        "eks.amazonaws.com/nodegroup": group.nodegroup_name,
        "eks.amazonaws.com/capacityType": group.capacity_type,
        **group.labels,
    }
    taints = [
        {"key": taint["key"], "value": taint.get("value", ""), "effect": effects[taint["effect"]]}
        for taint in group.taints
    ]
    notes = fake | devices.annotations(nvidia_gpus(kind), launch.slices)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": instance.private_dns_name, "labels": labels, "annotations": notes},
        "spec": {"providerID": f"aws:///{zone}/{instance.id}", "taints": taints},
        "status": {"capacity": capacity, "allocatable": left},
    }


def reconcile(client: Client, wanted: dict[str, dict[str, Any]]) -> None:
    """Makes the cluster's nodes those that there should be, by name, with their labels and taints."""
    there = {node["metadata"]["name"]: node for node in client.send("GET", "/api/v1/nodes")["items"]}
    for name in there.keys() - wanted.keys():
        client.send("DELETE", f"/api/v1/nodes/{name}")
    for name in wanted.keys() - there.keys():
        client.send("POST", "/api/v1/nodes", wanted[name])
    for name in wanted.keys() & there.keys():
        node, now = wanted[name], there[name]
        now["metadata"]["labels"] = node["metadata"]["labels"]
        ours = {taint["key"] for taint in node["spec"]["taints"]}
        conditions = [
            taint
            for taint in now["spec"].get("taints", [])
            if taint["key"].startswith("node.kubernetes.io/") and taint["key"] not in ours
        ]
        now["spec"]["taints"] = node["spec"]["taints"] + conditions
        try:
            client.send("PUT", f"/api/v1/nodes/{name}", now)
        except urllib.error.HTTPError as error:
            # Changed meanwhile by its controller: the next look puts it right.
            if error.code != 409:
                raise
