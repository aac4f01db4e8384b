"""S3 on loopback: moto, which checks every request's signature, and what gives pods their credentials."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

from entrypoint.failures import NotThere
from entrypoint.log import Log
from entrypoint.s3 import Bucket
from entrypoint.transport import Transport

BUCKET = "models"
REGION = "us-east-1"
POD_TOKEN = "eyJhbGciOi-the-pod-s-own-token"  # noqa: S105 - of nobody


@dataclass(frozen=True)
class Aws:
    """A running S3."""

    url: str
    keys: dict[str, dict[str, str]]
    log: Path

    def environment(self, who: str = "reader") -> dict[str, str]:
        """What a pod with these rights has."""
        return {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION, **self.keys.get(who, {})}

    @property
    def secrets(self) -> list[str]:
        """What must never be logged."""
        return [key["AWS_SECRET_ACCESS_KEY"] for key in self.keys.values()] + [POD_TOKEN]

    def put(self, key: str, body: bytes) -> None:
        self._send("PUT", key, body)

    def get(self, key: str) -> bytes | None:
        try:
            return self._send("GET", key)
        except NotThere:
            return None

    def delete(self, key: str) -> None:
        self._send("DELETE", key)

    def _send(self, method: str, key: str, body: bytes | None = None) -> bytes:
        log = Log(os.open(os.devnull, os.O_WRONLY))
        with patch.dict(os.environ, self.environment()):
            bucket = Bucket(BUCKET, Transport(log, 1), log)
            return bucket.send(method, key, body=body).read()

    def requests(self, method: str, part: str) -> int:
        """How many requests of that kind it had so far."""
        return sum(f'"{method} ' in line and part in line for line in self.log.read_text().splitlines())


@contextmanager
def running_aws(folder: Path) -> Iterator[Aws]:
    """Runs moto in a process of its own, from the packages that the simulated AWS has."""
    log = folder / "moto.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("moto_server.py")), BUCKET, REGION],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ["M2M_MOTO"], "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        started = next((json.loads(line) for line in lines if line.startswith("{")), None)
        assert started is not None, log.read_text()
        yield Aws(started["url"], started["keys"], log)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def running_agent(keys: dict[str, str]) -> Iterator[tuple[str, list[str | None]]]:
    """EKS Pod Identity's agent: gives credentials to who shows the pod's token; says who asked with what."""
    asked: list[str | None] = []

    class Agent(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            token = self.headers.get("Authorization")
            asked.append(token)
            body = {
                "AccessKeyId": keys["AWS_ACCESS_KEY_ID"],
                "SecretAccessKey": keys["AWS_SECRET_ACCESS_KEY"],
                "Token": keys["AWS_SESSION_TOKEN"],
                "AccountId": "123456789012",
                "Expiration": "2199-01-01T00:00:00Z",
            }
            status, answer = (200, body) if token == POD_TOKEN else (403, {"code": "AccessDenied"})
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Agent)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/credentials", asked
    finally:
        server.shutdown()
        server.server_close()
