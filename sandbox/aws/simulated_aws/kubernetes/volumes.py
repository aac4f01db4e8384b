"""The EBS CSI driver of a simulated cluster: claims become EC2 volumes as long as its add-on is installed.

It calls the AWS API, so that its calls are recorded and can fail like anybody's. Nothing is
attached, for no container runs on simulated nodes, and snapshots are not taken.
"""

import contextlib
import math
import re
import threading
import urllib.error
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from simulated_aws.kubernetes import control_plane

driver = "ebs.csi.aws.com"
zone_label = "topology.kubernetes.io/zone"
look_seconds = 5
"""How long a watch goes on before it is asked whether it should."""

units = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
units |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def gibibytes(quantity: str) -> int:
    """What a claim asks for, in the steps that EBS sells."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", quantity).groups()  # type: ignore[union-attr]
    return max(math.ceil(float(number) * units[unit] / 2**30), 1)


class Driver:
    """One cluster's driver."""

    def __init__(self, plane: control_plane.ControlPlane, region: str, cluster: str) -> None:
        self._plane = plane
        self._region = region
        self._cluster = cluster
        self._client = plane.client()
        self._stopped = threading.Event()
        self._making = threading.Lock()
        self.tags: dict[str, str] = {}
        self._ec2 = get_session().create_client(
            "ec2",
            region_name=region,
            endpoint_url=f"http://127.0.0.1:{control_plane.port}",
            aws_access_key_id=driver,
            aws_secret_access_key="simulated",  # noqa: S106 any key is somebody's
        )
        self._follow("/api/v1/persistentvolumeclaims", self._serve)
        self._follow("/api/v1/persistentvolumes", self._reclaim)

    def stop(self) -> None:
        self._stopped.set()

    def _follow(self, path: str, act: Callable[[dict[str, Any]], None]) -> None:
        def work() -> None:
            while not self._stopped.is_set() and self._plane in control_plane.running:
                try:
                    for thing in self._client.watch(path, look_seconds):
                        if self._stopped.is_set():
                            break
                        # What fails is tried again when the watch starts anew.
                        with contextlib.suppress(urllib.error.HTTPError, ClientError, BotoCoreError):
                            act(thing)
                except (OSError, ValueError):
                    # The API server is not there, or the connection ended in the middle of a line.
                    self._stopped.wait(1)

        threading.Thread(target=work, daemon=True).start()

    def _serve(self, claim: dict[str, Any]) -> None:
        meta = claim["metadata"]
        if meta.get("annotations", {}).get("volume.kubernetes.io/storage-provisioner") != driver:
            return
        if meta.get("deletionTimestamp"):
            return
        if claim["status"]["phase"] == "Bound":
            self._grow(claim)
        elif not claim["spec"].get("volumeName"):
            self._provision(claim)

    def _provision(self, claim: dict[str, Any]) -> None:
        spec, notes = claim["spec"], claim["metadata"]["annotations"]
        kind = self._client.send("GET", f"/apis/storage.k8s.io/v1/storageclasses/{spec['storageClassName']}")
        node = notes.get("volume.kubernetes.io/selected-node")
        if node is None:
            # Its pod has no node yet. The platform's class waits for one, so that the zone is the pod's.
            return
        zone = self._client.send("GET", f"/api/v1/nodes/{node}")["metadata"]["labels"][zone_label]
        size = gibibytes(spec["resources"]["requests"]["storage"])
        with self._making:
            volume = self._volume(claim, kind["parameters"], zone, size)
        self._client.send("POST", "/api/v1/persistentvolumes", persistent(claim, kind, volume, zone, size))

    def _grow(self, claim: dict[str, Any]) -> None:
        """Follows a claim that asks for more than it has."""
        meta, spec = claim["metadata"], claim["spec"]
        size = gibibytes(spec["resources"]["requests"]["storage"])
        if size <= gibibytes(claim["status"]["capacity"]["storage"]):
            return
        path = f"/api/v1/persistentvolumes/{spec['volumeName']}"
        handle = self._client.send("GET", path)["spec"]["csi"]["volumeHandle"]
        self._ec2.modify_volume(VolumeId=handle, Size=size)
        capacity = {"capacity": {"storage": f"{size}Gi"}}
        merge = "application/merge-patch+json"
        self._client.send("PATCH", path, {"spec": capacity}, merge)
        claims = f"/api/v1/namespaces/{meta['namespace']}/persistentvolumeclaims"
        self._client.send("PATCH", f"{claims}/{meta['name']}/status", {"status": capacity}, merge)

    def _volume(self, claim: dict[str, Any], parameters: dict[str, str], zone: str, size: int) -> str:
        """The EC2 volume of a claim, which is made once."""
        name = name_of(claim)
        there = self._ec2.describe_volumes(Filters=[{"Name": "tag:CSIVolumeName", "Values": [name]}])[
            "Volumes"
        ]
        if there:
            return str(there[0]["VolumeId"])
        tags = self._tags(claim) | self.tags
        made = self._ec2.create_volume(
            AvailabilityZone=zone,
            Size=size,
            VolumeType=parameters.get("type", "gp3"),
            Encrypted=parameters.get("encrypted") == "true",
            TagSpecifications=[
                {
                    "ResourceType": "volume",
                    "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                }
            ],
        )
        return str(made["VolumeId"])

    def _tags(self, claim: dict[str, Any]) -> dict[str, str]:
        """The driver's own. Source: aws-ebs-csi-driver v1.64.0, pkg/driver/controller.go and constants.go."""
        name = name_of(claim)
        return {
            "CSIVolumeName": name,
            f"{driver}/cluster": "true",
            f"{driver}/cluster-name": self._cluster,
            f"kubernetes.io/cluster/{self._cluster}": "owned",
            "KubernetesCluster": self._cluster,
            "Name": f"{self._cluster}-dynamic-{name}",
            "kubernetes.io/created-for/pvc/name": claim["metadata"]["name"],
            "kubernetes.io/created-for/pvc/namespace": claim["metadata"]["namespace"],
            "kubernetes.io/created-for/pv/name": name,
        }

    def _reclaim(self, volume: dict[str, Any]) -> None:
        """Deletes the volume of a claim that is gone."""
        spec = volume["spec"]
        mine = spec.get("csi", {}).get("driver") == driver
        released = volume.get("status", {}).get("phase") == "Released"
        if mine and released and spec["persistentVolumeReclaimPolicy"] == "Delete":
            try:
                self._ec2.delete_volume(VolumeId=spec["csi"]["volumeHandle"])
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidVolume.NotFound":
                    raise
            self._client.remove(f"/api/v1/persistentvolumes/{volume['metadata']['name']}")


def name_of(claim: dict[str, Any]) -> str:
    return f"pvc-{claim['metadata']['uid']}"


def persistent(
    claim: dict[str, Any], kind: dict[str, Any], volume: str, zone: str, size: int
) -> dict[str, Any]:
    """The PersistentVolume of an EC2 volume: bound to its claim, and to the zone."""
    meta, spec = claim["metadata"], claim["spec"]
    expression = {"key": zone_label, "operator": "In", "values": [zone]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": name_of(claim),
            "annotations": {"pv.kubernetes.io/provisioned-by": driver},
        },
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": f"{size}Gi"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": meta["name"],
                "namespace": meta["namespace"],
                "uid": meta["uid"],
            },
            "csi": {
                "driver": driver,
                "fsType": kind["parameters"].get("csi.storage.k8s.io/fstype", "ext4"),
                "volumeHandle": volume,
            },
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}},
            "persistentVolumeReclaimPolicy": kind["reclaimPolicy"],
            "storageClassName": kind["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
        },
    }
