"""Cost anomaly detection, which moto 5.2.5 lacks: monitors, and subscriptions to them."""

import json
import uuid
from typing import Any

from moto.ce.responses import CostExplorerResponse
from moto.core.exceptions import JsonRESTError


def extend() -> None:
    for kind in ("monitor", "subscription"):
        for verb, answer in {"create": create, "get": get, "update": update, "delete": delete}.items():
            name = f"{verb}_anomaly_{kind}{'s' if verb == 'get' else ''}"
            setattr(CostExplorerResponse, name, answering(answer, kind.capitalize()))


def answering(answer: Any, kind: str) -> Any:
    return lambda self: json.dumps(answer(self, kind, json.loads(self.body)))


def create(self: Any, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    wanted = asked[f"Anomaly{kind}"]
    check(self, kind, wanted)
    arn = f"arn:aws:ce::{self.current_account}:anomaly{kind.lower()}/{uuid.uuid4()}"
    kept(self, kind)[arn] = wanted | {f"{kind}Arn": arn}
    self.ce_backend.tag_resource(arn, asked.get("ResourceTags") or [])
    return {f"{kind}Arn": arn}


def get(self: Any, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    wanted = asked.get(f"{kind}ArnList") or list(kept(self, kind))
    return {f"Anomaly{kind}s": [found(self, kind, arn) for arn in wanted]}


def update(self: Any, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    arn = asked[f"{kind}Arn"]
    changed = found(self, kind, arn) | asked
    check(self, kind, changed)
    kept(self, kind)[arn] = changed
    return {f"{kind}Arn": arn}


def delete(self: Any, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    arn = asked[f"{kind}Arn"]
    found(self, kind, arn)
    del kept(self, kind)[arn]
    return {}


def check(self: Any, kind: str, wanted: dict[str, Any]) -> None:
    """Topics are told at once, addresses in a summary. Source: API reference, AnomalySubscription."""
    if kind == "Monitor":
        return
    for arn in wanted["MonitorArnList"]:
        found(self, "Monitor", arn)
    kinds = {subscriber["Type"] for subscriber in wanted["Subscribers"]}
    if kinds != ({"SNS"} if wanted["Frequency"] == "IMMEDIATE" else {"EMAIL"}):
        message = f"Frequency {wanted['Frequency']} does not go with subscribers of type {sorted(kinds)}"
        raise JsonRESTError("ValidationException", message)


def found(self: Any, kind: str, arn: str) -> dict[str, Any]:
    if arn not in kept(self, kind):
        raise JsonRESTError(f"Unknown{kind}Exception", f"No {kind.lower()} has the ARN {arn}")
    return kept(self, kind)[arn]


def kept(self: Any, kind: str) -> dict[str, dict[str, Any]]:
    """Of one account, like everything of moto's backends."""
    store: dict[str, dict[str, Any]] = self.ce_backend.__dict__.setdefault(f"anomaly_{kind.lower()}s", {})
    return store
