"""GPUs that simulated nodes offer to pods, as NVIDIA's device plugin would offer them.

Which cards a node has, and into which MIG slices its user data had the driver cut them, stands in its
annotations. What becomes of that is up to the DaemonSet of the device plugin that runs on it, by the
settings in its ConfigMap: nodes join without, as with the AL2023 images, which have no plugin in them.
Source: k8s-device-plugin v0.20.0, README.
"""

import contextlib
import re
import threading
import urllib.error
from typing import Any

import yaml  # type: ignore[import-untyped]

from simulated_aws.kubernetes import control_plane
from simulated_aws.kubernetes.client import Client

cards_key = "simulated-aws/gpus"
slices_key = "simulated-aws/mig"
prefix = "nvidia.com/"
look_seconds = 2
"""How often it looks at nodes and plugins."""


def slices_in(user_data: str) -> str:
    """The slices of each card that a node cuts at its start, as nvidia-smi is told them; empty for none."""
    found = re.search(r"^nvidia-smi mig -cgi (\S+) -C$", user_data, re.MULTILINE)
    return found.group(1) if found else ""


def annotations(gpus: int, slices: str) -> dict[str, str]:
    return ({cards_key: str(gpus)} if gpus else {}) | ({slices_key: slices} if slices else {})


def offered(gpus: int, slices: str, settings: dict[str, Any]) -> dict[str, str]:
    """What a plugin with these settings makes of a node's cards, each cut into such slices or none."""
    if slices:
        if settings.get("flags", {}).get("migStrategy", "none") != "mixed":
            return {}
        each = slices.split(",")
        return {f"{prefix}mig-{profile}": str(gpus * each.count(profile)) for profile in set(each)}
    turns = settings.get("sharing", {}).get("timeSlicing", {})
    for resource in turns.get("resources", []):
        if resource["name"] == f"{prefix}gpu":
            name = "gpu.shared" if turns.get("renameByDefault") else "gpu"
            return {prefix + name: str(gpus * resource["replicas"])}
    return {f"{prefix}gpu": str(gpus)}


def selects(daemon_set: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a DaemonSet has a pod on a node, by the labels that it requires."""
    affinity = daemon_set["spec"]["template"]["spec"].get("affinity", {}).get("nodeAffinity", {})
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    return any(
        all(meets(requirement, labels) for requirement in term.get("matchExpressions", []))
        for term in required["nodeSelectorTerms"]
    )


def meets(requirement: dict[str, Any], labels: dict[str, str]) -> bool:
    value = labels.get(requirement["key"])
    values = requirement.get("values", [])
    meanings = {
        "Exists": value is not None,
        "DoesNotExist": value is None,
        "In": value in values,
        "NotIn": value not in values,
    }
    return meanings[requirement["operator"]]


def settings_of(daemon_set: dict[str, Any], client: Client) -> dict[str, Any]:
    """The settings in the file that CONFIG_FILE names, from the ConfigMap that is mounted there."""
    spec = daemon_set["spec"]["template"]["spec"]
    container = spec["containers"][0]
    path = next((each["value"] for each in container.get("env", []) if each["name"] == "CONFIG_FILE"), None)
    if path is None:
        return {}
    folder, _, file = path.rpartition("/")
    volume = next(mount["name"] for mount in container["volumeMounts"] if mount["mountPath"] == folder)
    name = next(each["configMap"]["name"] for each in spec["volumes"] if each["name"] == volume)
    namespace = daemon_set["metadata"]["namespace"]
    data = client.send("GET", f"/api/v1/namespaces/{namespace}/configmaps/{name}")["data"]
    settings: dict[str, Any] = yaml.safe_load(data[file])
    return settings


def awaited(node: dict[str, Any]) -> bool:
    """Whether a node has cards that no plugin offers yet."""
    cards = cards_key in node["metadata"].get("annotations", {})
    return cards and not any(name.startswith(prefix) for name in node["status"]["allocatable"])


def wants(requests: dict[str, float]) -> bool:
    """Whether a pod asks for GPUs. While some are awaited it gets no node bought for it.

    The real autoscaler takes such a node for unready by the label k8s.amazonaws.com/accelerator, which counts
    whole cards, and may buy a node too many for shared ones, which it removes again: not played. Source:
    kubernetes/autoscaler, cluster-autoscaler/processors/customresources/gpu_processor.go,
    FilterOutNodesWithUnreadyResources.
    """
    return any(name.startswith(prefix) for name in requests)


class DevicePlugins:
    """The device plugins of one cluster."""

    def __init__(self, plane: control_plane.ControlPlane) -> None:
        self._plane = plane
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        stopped = threading.Event()
        while self._plane in control_plane.running:
            # What fails is tried again: the API server is not there yet, or an object is half made.
            with contextlib.suppress(OSError, ValueError, StopIteration, KeyError, urllib.error.HTTPError):
                if self._plane.ready():
                    self.look()
            stopped.wait(look_seconds)

    def look(self) -> None:
        """Makes what each node offers what its plugin says."""
        client = self._plane.client()
        nodes = client.send("GET", "/api/v1/nodes")["items"]
        equipped = [node for node in nodes if cards_key in node["metadata"].get("annotations", {})]
        if not equipped:
            return
        plugins = [
            daemon_set
            for daemon_set in client.send("GET", "/apis/apps/v1/daemonsets")["items"]
            if "k8s-device-plugin" in daemon_set["spec"]["template"]["spec"]["containers"][0]["image"]
        ]
        for node in equipped:
            self._offer(client, node, plugins)

    def _offer(self, client: Client, node: dict[str, Any], plugins: list[dict[str, Any]]) -> None:
        meta = node["metadata"]
        wanted: dict[str, str] = {}
        for plugin in plugins:
            if selects(plugin, meta["labels"]):
                notes = meta["annotations"]
                wanted |= offered(
                    int(notes[cards_key]), notes.get(slices_key, ""), settings_of(plugin, client)
                )
        there = node["status"]["allocatable"]
        gone = {name: None for name in there if name.startswith(prefix) and name not in wanted}
        if gone or wanted.items() - there.items():
            change = wanted | gone
            client.send(
                "PATCH",
                f"/api/v1/nodes/{meta['name']}/status",
                {"status": {"capacity": change, "allocatable": change}},
                "application/merge-patch+json",
            )
