"""A control plane per cluster of EKS: etcd, API server, controllers, scheduler, and KWOK for the kubelets."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from simulated_aws.kubernetes.authenticator import path_of
from simulated_aws.kubernetes.client import Client

program = os.environ.get("AI_PLATFORM_NODE_PROGRAM")
"""The sandbox's Kubernetes in one program; without it clusters have an endpoint that nobody listens on."""

folder = Path()
"""Where the clusters' states lie; the server sets it."""

port = 0
"""Port of 127.0.0.1 where this server listens; the server sets it."""

stop_seconds = 60
"""What an orderly stop may take: its components' own limits add up to less."""

running: list["ControlPlane"] = []


class ControlPlane:
    """One control plane, as long as its cluster exists."""

    def __init__(self, account: str, region: str, cluster: str) -> None:
        self.folder = folder / f"{account}-{region}-{cluster}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._port = free_port()
        config = {
            "stateDir": str(self.folder),
            "apiPort": self._port,
            "snapshotter": "native",
            "simulated": {"authenticatorPort": port, "authenticatorPath": path_of(account, region, cluster)},
        }
        file = self.folder / "config.json"
        file.write_text(json.dumps(config))
        with (self.folder / "output.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 the sandbox's own program
                [str(program), "up", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        running.append(self)

    @property
    def endpoint(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    def client(self) -> Client:
        return Client(self.folder, self.endpoint)

    def authority(self) -> str:
        """The certificate authority of the API server, as EKS tells it."""
        return base64.b64encode((self.folder / "node/pki/ca.crt").read_bytes()).decode()

    def failure(self) -> str | None:
        """Why it does not run, if it does not."""
        status = self._status()
        if status.get("phase") == "failed":
            return str(status.get("error"))
        code = self._process.poll()
        return None if code is None else f"the control plane ended with code {code}"

    def ready(self) -> bool:
        return self._status().get("phase") == "ready" and self._process.poll() is None

    def _status(self) -> dict[str, object]:
        file = self.folder / "node/status.json"
        status: dict[str, object] = json.loads(file.read_text()) if file.exists() else {}
        return status

    def stop(self) -> None:
        """Ends it and removes its state: a cluster that is deleted does not come back."""
        if self in running:
            running.remove(self)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(stop_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def stop_all() -> None:
    for plane in running:
        plane.stop()
