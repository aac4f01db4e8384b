"""Makes calls fail as AWS makes them fail, on demand.

`faults.json` in the state folder holds rules, read anew whenever it changes:

    [{"service": "ec2", "operation": "CreateNatGateway", "error": "Throttling", "times": 2}]

`operation` may be "*"; `times` limits how often a rule strikes (default: always); `after` lets so many calls
pass first; `answered: true` carries the call out and loses the answer, as a connection that breaks halfway
does. `error` is the code that the client sees, `message` what it says, `status` the HTTP status (default
400).

A rule for the service "capacity" strikes no call: its `operation` is an instance type that no instance starts
of, and its `error` says why, InsufficientInstanceCapacity or VcpuLimitExceeded. With a `zone` it is short
there only: whoever may start instances in another zone as well starts them there.

Rules keep count of their calls while others are added or taken away.
"""

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from simulated_aws.calls import App, Environ
from simulated_aws.errors import failure

messages = {
    "Throttling": "Rate exceeded",
    "RequestLimitExceeded": "Request limit exceeded.",
    "InsufficientInstanceCapacity": "We currently do not have sufficient capacity in the Availability Zone "
    "you requested.",
    "VcpuLimitExceeded": "You have requested more vCPU capacity than your current vCPU limit of 0 allows for "
    "the instance bucket that the specified instance type belongs to.",
    "ServiceUnavailable": "Service is unable to handle request.",
}
"""AWS's own words for the errors that are asked for most."""


orders: Path | None = None
"""Where the rules are, once the server runs."""


class Shortage(NamedTuple):
    """Why no instance starts."""

    error: str
    message: str
    ordered: bool
    """Whether a drill gave the message."""


def shortage(instance_type: str, zone: str) -> Shortage | None:
    """Why an instance type can't be had in a zone, or None where it can."""
    rules = json.loads(orders.read_text()) if orders is not None and orders.exists() else []
    rule = next((rule for rule in rules if short_of(rule, instance_type, zone)), None)
    if rule is None:
        return None
    error = rule["error"]
    return Shortage(error, rule.get("message", messages.get(error, error)), "message" in rule)


def short_of(rule: dict[str, Any], kind: str, zone: str) -> bool:
    """Whether a rule says that an instance type is short in a zone."""
    return bool((rule["service"], rule["operation"], rule.get("zone", zone)) == ("capacity", kind, zone))


class Faults:
    """The simulated AWS with the failures that were ordered."""

    def __init__(self, app: App, file: Path) -> None:
        self._app, self._file, self._lock = app, file, threading.Lock()
        self._read: str = ""
        self._rules: list[tuple[str, dict[str, Any]]] = []
        self._struck: dict[str, int] = {}
        global orders  # noqa: PLW0603 one server per process
        orders = file

    def _rule(self, service: str, operation: str) -> dict[str, Any] | None:
        """The first rule that strikes this call."""
        with self._lock:
            text = self._file.read_text() if self._file.exists() else "[]"
            if text != self._read:
                rules: list[dict[str, Any]] = json.loads(text)
                self._read = text
                self._rules = [
                    (f"{rules[:place].count(rule)} {json.dumps(rule)}", rule)
                    for place, rule in enumerate(rules)
                ]
                self._struck = {key: self._struck.get(key, 0) for key, _ in self._rules}
            for key, rule in self._rules:
                if rule["service"] != service or rule.get("operation", "*") not in ("*", operation):
                    continue
                self._struck[key] += 1
                count = self._struck[key] - rule.get("after", 0)
                if 0 < count <= rule.get("times", count):
                    return rule
        return None

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        service, operation = environ["simulated_aws.call"]
        rule = self._rule(service, operation)
        if rule is None:
            return self._app(environ, start_response)
        if rule.get("answered"):
            b"".join(self._app(environ, lambda *_: None))
        code = rule["error"]
        message = rule.get("message", messages.get(code, code))
        kind, body = failure(service, code, message)
        start_response(
            f"{rule.get('status', 400)} {code}", [("Content-Type", kind), ("x-amzn-ErrorType", code)]
        )
        return [body.encode()]
