"""Real servers for the tests: MLflow's, and the service as its image starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

SERVICE = Path(__file__).parents[1]
PREFIX = "/mlflow"
START_TIMEOUT = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server process in a process group of its own, on a free loopback port."""

    def __init__(self, health: str, folder: Path, env: Mapping[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        self._health = health
        self._folder = folder
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self._folder,
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        give_up = time.monotonic() + START_TIMEOUT
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                if httpx.get(self.url + self._health, timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.kill()
        raise AssertionError(f"{self.command()} did not start:\n{self.log.read_text()}")

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def wait(self, timeout: float) -> int:
        assert self._process is not None
        return self._process.wait(timeout)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
            self._process.wait()


class MlflowServer(Server):
    """As the platform runs it, with SQLite and a folder for PostgreSQL and S3."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{PREFIX}/health",
            folder,
            {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"},
        )
        self.tracking_uri = self.url + PREFIX

    def command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "mlflow", "server"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"),
            *("--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "artifacts"),
            *("--static-prefix", PREFIX),
        ]


class ExperimentsServer(Server):
    """The command of the image, on another port."""

    def __init__(self, folder: Path, tracking_uri: str, **settings: str) -> None:
        env = {f"EXPERIMENTS_{name.upper()}": value for name, value in settings.items()}
        env |= {"EXPERIMENTS_TRACKING_URI": tracking_uri, "PYTHONPATH": str(SERVICE)}
        super().__init__("/healthz", folder, env)

    def command(self) -> list[str]:
        (line,) = [
            line for line in (SERVICE / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")
        ]
        arguments: list[str] = json.loads(line.removeprefix("CMD "))
        port = arguments.index("--port") + 1
        return [sys.executable, "-m", *arguments[:port], str(self.port), *arguments[port + 1 :]]

    def log_lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]
