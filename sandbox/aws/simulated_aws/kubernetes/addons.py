"""What add-ons put into a cluster: their DaemonSets and Deployments, as `offers.json` has them."""

import copy
import json
from typing import Any

from simulated_aws import offers
from simulated_aws.kubernetes.client import Client

collections = {"DaemonSet": "daemonsets", "Deployment": "deployments"}
own = {"eks.amazonaws.com/component": "add-on"}
"""Marks namespaces that add-ons bring along."""


def manifests(addon: str, values: str | None) -> list[dict[str, Any]]:
    """Manifests of an add-on, as its configuration values change them."""
    configuration = json.loads(values) if values else {}
    return [
        configured(each["manifest"], part(configuration, each["configuredBy"]))
        for each in offers.read()["addonPods"].get(addon, [])
    ]


def part(configuration: dict[str, Any], name: str) -> dict[str, Any]:
    chosen: dict[str, Any] = configuration.get(name, {}) if name else configuration
    return chosen


def configured(manifest: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """As the charts do it: resources are those of the first container, tolerations all that there are."""
    changed = copy.deepcopy(manifest)
    spec = changed["spec"]["template"]["spec"]
    if "resources" in values:
        spec["containers"][0]["resources"] = values["resources"]
    if values.get("tolerateAllTaints"):
        spec["tolerations"] = [{"operator": "Exists"}]
    elif "tolerations" in values:
        spec["tolerations"] = values["tolerations"]
    if "replicaCount" in values:
        changed["spec"]["replicas"] = values["replicaCount"]
    return changed


def path_of(manifest: dict[str, Any]) -> str:
    namespace = manifest["metadata"]["namespace"]
    return f"/apis/apps/v1/namespaces/{namespace}/{collections[manifest['kind']]}"


def install(client: Client, addon: str, values: str | None) -> None:
    for manifest in manifests(addon, values):
        namespace = manifest["metadata"]["namespace"]
        client.apply(
            "/api/v1/namespaces",
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": namespace, "labels": own} if namespace == addon else {"name": namespace},
            },
        )
        client.apply(
            f"/api/v1/namespaces/{namespace}/serviceaccounts",
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": manifest["spec"]["template"]["spec"]["serviceAccountName"]},
            },
        )
        client.apply(path_of(manifest), manifest)


def remove(client: Client, addon: str) -> None:
    for manifest in manifests(addon, None):
        client.remove(f"{path_of(manifest)}/{manifest['metadata']['name']}")
        namespace = manifest["metadata"]["namespace"]
        if namespace == addon:
            client.remove(f"/api/v1/namespaces/{namespace}")


def unavailable(client: Client, addon: str) -> list[str]:
    """Deployments of an add-on that lack pods: EKS waits for them, and not for DaemonSets."""
    lacking = []
    for manifest in manifests(addon, None):
        if manifest["kind"] != "Deployment":
            continue
        name = manifest["metadata"]["name"]
        there = client.send("GET", f"{path_of(manifest)}/{name}")
        if there["status"].get("availableReplicas", 0) < there["spec"]["replicas"]:
            lacking.append(name)
    return lacking
