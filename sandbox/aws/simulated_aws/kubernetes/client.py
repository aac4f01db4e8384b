"""The administrator of a control plane."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

manager = "eks"
"""Who says that fields are its own."""


class Client:
    """Speaks to the API server of a control plane."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        pki = folder / "node/pki"
        self._context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        self._endpoint = endpoint

    def _open(self, method: str, path: str, body: object, kind: str, timeout: float) -> Any:
        request = urllib.request.Request(  # noqa: S310 the control plane's own address
            f"{self._endpoint}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": kind},
        )
        return urllib.request.urlopen(request, context=self._context, timeout=timeout)  # noqa: S310

    def send(self, method: str, path: str, body: object = None, kind: str = "application/json") -> Any:
        with self._open(method, path, body, kind, 30) as answer:
            return json.load(answer)

    def apply(self, path: str, thing: dict[str, Any]) -> None:
        """Makes an object what it should be, whether it is there or not."""
        query = f"?fieldManager={manager}&force=true"
        self.send(
            "PATCH", f"{path}/{thing['metadata']['name']}{query}", thing, "application/apply-patch+yaml"
        )

    def remove(self, path: str) -> None:
        """Deletes an object and what belongs to it, if it is there."""
        try:
            self.send("DELETE", f"{path}?propagationPolicy=Background")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise

    def watch(self, path: str, seconds: int) -> Iterator[dict[str, Any]]:
        """Objects of a collection as they are, and again whenever they change, for so many seconds."""
        query = f"?watch=1&timeoutSeconds={seconds}"
        with self._open("GET", f"{path}{query}", None, "application/json", seconds + 30) as lines:
            for line in lines:
                event = json.loads(line)
                if event["type"] in ("ADDED", "MODIFIED"):
                    yield event["object"]
