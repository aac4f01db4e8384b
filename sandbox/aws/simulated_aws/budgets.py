"""Budgets: what the provider asks for and moto 5.2.5 does not answer: subscribers, tags, changes."""

import json
from typing import Any

from moto.budgets.responses import BudgetsResponse


def extend() -> None:
    answers = {
        "describe_subscribers_for_notification": describe_subscribers,
        "list_tags_for_resource": list_tags_for_resource,
        "tag_resource": tag_resource,
        "untag_resource": untag_resource,
        "update_budget": update_budget,
        "create_budget": create_budget,
    }
    for name, answer in answers.items():
        setattr(BudgetsResponse, name, answer)


original_create_budget = BudgetsResponse.create_budget


def create_budget(self: Any) -> str:
    """Keeps the tags that a budget is created with."""
    created = original_create_budget(self)
    asked = json.loads(self.body)
    arn = f"arn:aws:budgets::{asked['AccountId']}:budget/{asked['Budget']['BudgetName']}"
    tags_of(self, arn).update({tag["Key"]: tag["Value"] for tag in asked.get("ResourceTags") or []})
    return created


def update_budget(self: Any) -> str:
    asked = json.loads(self.body)
    self.backend.describe_budget(asked["AccountId"], asked["NewBudget"]["BudgetName"])
    kept = self.backend.budgets[asked["AccountId"]][asked["NewBudget"]["BudgetName"]]
    kept.budget.update(asked["NewBudget"])
    return "{}"


def describe_subscribers(self: Any) -> str:
    asked = json.loads(self.body)
    backend = self.backend
    budget = backend.budgets[asked["AccountId"]][asked["BudgetName"]]
    wanted = comparable(asked["Notification"])
    found = [each.subscribers for each in budget.notifications if comparable(each.details) == wanted]
    return json.dumps({"Subscribers": found[0] if found else []})


def comparable(notification: dict[str, Any]) -> tuple[Any, ...]:
    """What tells notifications apart: their state comes and goes."""
    kind = notification.get("ThresholdType", "PERCENTAGE")
    return (
        notification["NotificationType"],
        notification["ComparisonOperator"],
        float(notification["Threshold"]),
        kind,
    )


def tags_of(self: Any, arn: str | None = None) -> dict[str, str]:
    kept: dict[str, dict[str, str]] = self.backend.__dict__.setdefault("resource_tags", {})
    return kept.setdefault(arn or json.loads(self.body)["ResourceARN"], {})


def list_tags_for_resource(self: Any) -> str:
    return json.dumps(
        {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags_of(self).items()]}
    )


def tag_resource(self: Any) -> str:
    tags_of(self).update({tag["Key"]: tag["Value"] for tag in json.loads(self.body)["ResourceTags"]})
    return "{}"


def untag_resource(self: Any) -> str:
    for key in json.loads(self.body)["ResourceTagKeys"]:
        tags_of(self).pop(key, None)
    return "{}"
