"""Real servers, and the harness as its image starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

SERVICE = Path(__file__).parents[1]
START_TIMEOUT = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mlflow:
    """As the platform runs it, with SQLite and a folder for PostgreSQL and S3."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}/mlflow"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            *(sys.executable, "-m", "mlflow", "server"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"),
            *("--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "artifacts"),
            *("--static-prefix", "/mlflow"),
        ]
        env = {
            **os.environ,
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._folder, env=env, stdout=log, stderr=log, start_new_session=True
            )
        give_up = time.monotonic() + START_TIMEOUT
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                if httpx.get(self.uri + "/health", timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.kill()
        raise AssertionError((self._folder / "log").read_text())

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@dataclass
class S3:
    """moto's server, which checks every signature and every policy."""

    url: str
    bucket: str
    keys: Mapping[str, Mapping[str, str]]
    process: subprocess.Popen[str]


@dataclass
class Outcome:
    """What an attempt left behind."""

    code: int
    lines: list[dict[str, object]]
    stderr: str

    def said(self, message: str) -> dict[str, object]:
        """Find the line of the log that begins like this."""
        found = [line for line in self.lines if str(line["message"]).startswith(message)]
        assert len(found) == 1, (message, self.lines, self.stderr)
        return found[0]


@dataclass
class Attempt:
    """One process of the harness, with the command of the image."""

    folder: Path
    config: Mapping[str, object] | str
    env: Mapping[str, str]
    _process: subprocess.Popen[str] | None = field(default=None, init=False)
    _read: list[str] = field(default_factory=list, init=False)

    def start(self) -> "Attempt":
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "config.json"
        path.write_text(self.config if isinstance(self.config, str) else json.dumps(self.config))
        (line,) = [
            line
            for line in (SERVICE / "Dockerfile").read_text().splitlines()
            if line.startswith("ENTRYPOINT ")
        ]
        _, *arguments = json.loads(line.removeprefix("ENTRYPOINT "))
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": f"{SERVICE}:{SERVICE / 'tests'}",
                "TRAINING_CONFIG": str(path),
                "TRAINING_WORK": str(self.folder / "work"),
                **self.env,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait_for(self, path: Path) -> None:
        """Wait until a training says so by a file."""
        assert self._process is not None
        while not path.exists():
            assert self._process.poll() is None, self.outcome()
            time.sleep(0.02)

    def wait_for_line(self, message: str) -> None:
        """Wait until the harness has said something."""
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._read.append(line)
            if json.loads(line)["message"] == message:
                return
        raise AssertionError(self.outcome())

    def outcome(self) -> Outcome:
        assert self._process is not None
        stdout, stderr = self._process.communicate(timeout=240)
        lines = [json.loads(line) for line in [*self._read, *stdout.splitlines()]]
        return Outcome(self._process.returncode, lines, stderr)
