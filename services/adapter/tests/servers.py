"""Real servers for the tests: the service as its image starts it, llama.cpp with a tiny random model."""

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
from adapter.keys import hash_of

SERVICE = Path(__file__).parents[1]
ENGINE = SERVICE.parents[1] / "sandbox/images/ollama"
START_TIMEOUT = 60.0

KEYS = {"search": "sk-search", "batch": "sk-batch"}
"""A key of each team."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def authorization(team: str = "search") -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[team]}"}


class Server:
    """A server process in a process group of its own, on a free loopback port."""

    def __init__(
        self, folder: Path, command: list[str], health: str, env: Mapping[str, str] | None = None
    ) -> None:
        self.log = folder / "log"
        self._command = command
        self._health = health
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        give_up = time.monotonic() + START_TIMEOUT
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                if httpx.get(self._health, timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        self.kill()
        raise AssertionError(f"{self._command} did not start:\n{self.log.read_text()}")

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def wait(self, timeout: float) -> int:
        assert self._process is not None
        return self._process.wait(timeout)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGKILL)
            self._process.wait()


class Engine(Server):
    """llama.cpp's server, started as the image starts it."""

    def __init__(self, folder: Path, model: Path, alias: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        flags = ["--model", str(model), "--alias", alias, "--port", str(port), "--threads", "1"]
        flags += ["--embeddings", "--pooling", "mean"]
        super().__init__(
            folder, [sys.executable, str(ENGINE / "llama_server.py"), *flags], f"{self.url}/health"
        )


class Adapter(Server):
    """The service, with settings that the test gives beside those that every test needs."""

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        port, admin = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.admin = f"http://127.0.0.1:{admin}"
        self.keys = folder / "keys.yaml"
        self.write_keys({team: [key] for team, key in KEYS.items()})
        config = folder / "config.json"
        content = {
            "listen": {"host": "127.0.0.1", "port": port, "adminPort": admin},
            "keysFile": str(self.keys),
            "drain": {"delaySeconds": 0, "graceSeconds": 60},
            **settings,
        }
        config.write_text(json.dumps(content))
        env = {"ADAPTER_CONFIG": str(config), "PYTHONPATH": str(SERVICE), "PYTHONUNBUFFERED": "1"}
        super().__init__(folder, image_command(), f"{self.admin}/readyz", env)

    def write_keys(self, keys: Mapping[str, list[str]]) -> None:
        hashes = {team: [hash_of(key) for key in of_team] for team, of_team in keys.items()}
        self.keys.write_text(json.dumps({"teams": hashes}))

    def log_lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def access(self, request_id: str) -> dict[str, object]:
        """The log's line of a request, which follows its answer."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for line in self.log_lines():
                if line["logger"] == "adapter.access" and line["request_id"] == request_id:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line of {request_id}:\n{self.log.read_text()}")

    def figure(self, series: str) -> float:
        """The value of one series of the metrics; 0 where it is not there."""
        lines = httpx.get(f"{self.admin}/metrics", timeout=10).text.splitlines()
        return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{series} ")), 0.0)


def image_command() -> list[str]:
    """What the image runs, by this Python."""
    (line,) = [line for line in (SERVICE / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")]
    arguments: list[str] = json.loads(line.removeprefix("CMD "))
    return [sys.executable, *arguments[1:]]
