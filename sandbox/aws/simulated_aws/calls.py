"""Records every call of the AWS API: what was called, how it ended, how long it took."""

import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import botocore.session
from moto.moto_server.werkzeug_app import SIGNING_ALIASES

from simulated_aws.errors import failure

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

SIGNED_AS = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "ecr": "ecr",
    "acm": "acm",
}
"""Names of services in signatures where botocore calls them otherwise."""


def call_of(environ: Environ) -> tuple[str, str]:
    """The service and the operation of a request: EKS and CreateCluster."""
    service = service_of(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return service, target.rsplit(".", 1)[-1]
    if action := parse_qs(body_of(environ).decode("utf-8", "replace")).get("Action"):
        return service, action[0]
    return service, rest_operation(service, environ)


def service_of(environ: Environ) -> str:
    try:
        scope = environ["HTTP_AUTHORIZATION"].split("Credential=")[1].split(",")[0]
        signed = scope.split("/")[3].lower()
    except (KeyError, IndexError):
        return "unsigned"
    if signed == "s3" and environ["PATH_INFO"].startswith("/v20180820/"):
        return "s3control"
    name: str = SIGNED_AS.get(signed, SIGNING_ALIASES.get(signed, signed))
    return name


def body_of(environ: Environ) -> bytes:
    """The body of a form, which can be read again afterwards.

    Other bodies may be large and name no operation.
    """
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return b""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


@cache
def rest_routes(service: str) -> list[tuple[str, list[str], set[str], str]]:
    """Method, path, query and name of the operations of a service that is addressed by paths."""
    try:
        model = botocore.session.get_session().get_service_model(service)
    except Exception:  # noqa: BLE001 a service that botocore does not know has no routes
        return []
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http.get("requestUri", "/").partition("?")
        wanted = {pair.split("=")[0] for pair in query.split("&") if pair}
        routes.append((http.get("method", "POST"), path.strip("/").split("/"), wanted, name))
    # The most particular first.
    routes.sort(key=lambda route: (len(route[2]), sum("{" not in part for part in route[1])), reverse=True)
    return routes


def rest_operation(service: str, environ: Environ) -> str:
    method, query = (
        environ["REQUEST_METHOD"],
        set(parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
    )
    raw = re.sub("^https?://[^/]+", "", environ.get("REQUEST_URI") or environ["PATH_INFO"])
    parts = raw.partition("?")[0].strip("/").split("/")
    for wanted, route, needed, name in rest_routes(service):
        if wanted == method and needed <= query and matches(route, parts):
            return name
    return f"{method} /{'/'.join(parts)}"


def matches(route: list[str], parts: list[str]) -> bool:
    if route and route[-1].endswith("+}"):
        return len(parts) >= len(route) and matches(route[:-1], parts[: len(route) - 1])
    return len(route) == len(parts) and all(a == b or "{" in a for a, b in zip(route, parts, strict=True))


class Recorder:
    """Writes one line of JSON per call."""

    def __init__(self, app: App, file: Path) -> None:
        self._app, self._file, self._lock = app, file, threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.time()
        environ["simulated_aws.call"] = service, operation = call_of(environ)
        answered: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answered["status"] = int(status.split(maxsplit=1)[0])
            return start_response(status, headers, *rest)

        try:
            body = b"".join(self._app(environ, start))
        except NotImplementedError as gap:
            # A failure of the server would be tried again for minutes.
            kind, text = failure(
                service, "NotSimulated", f"The simulated AWS lacks {service} {operation}: {gap}"
            )
            start("400 NotSimulated", [("Content-Type", kind), ("x-amzn-ErrorType", "NotSimulated")])
            body = text.encode()
        call = {
            "at": round(began, 3),
            "service": service,
            "operation": operation,
            "status": answered.get("status", 0),
            "milliseconds": round((time.time() - began) * 1000),
        }
        if call["status"] >= 400:
            call["answer"] = body[:500].decode("utf-8", "replace")
        with self._lock, self._file.open("a") as file:
            file.write(json.dumps(call) + "\n")
        return [body]
