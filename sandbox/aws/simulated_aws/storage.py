"""Corrections of moto's S3."""

import json
from fnmatch import fnmatchcase
from typing import Any

import xmltodict
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response


def extend() -> None:
    keep_tags_of_new_buckets()
    ignore_conditions()
    match_log_delivery()
    show_all()


def show_all() -> None:
    """Access logs show the form of their keys, and replications all of their rules: moto 5.2.5 drops both."""
    original = S3Response.serialized

    def serialized(self: Any, result: Any) -> Any:
        action = self.data.get("Action")
        if action == "GetBucketLogging" and (shown := result.result.get("LoggingEnabled")):
            kept = self.backend.get_bucket_logging(self.bucket_name).get("TargetObjectKeyFormat")
            if kept is not None:
                shown["TargetObjectKeyFormat"] = filled(kept)
        given = (
            self.backend.get_bucket_replication(self.bucket_name)
            if action == "GetBucketReplication"
            else None
        )
        if given:
            rules = result.result["ReplicationConfiguration"]["Rules"]
            for shown, rule in zip(rules, given["Rule"], strict=True):
                shown |= {name: filled(value) for name, value in rule.items() if isinstance(value, dict)}
        return original(self, result)

    S3Response.serialized = serialized  # type: ignore[assignment, method-assign]


def filled(value: dict[str, Any]) -> dict[str, Any]:
    """What was parsed from XML: an empty element is an empty structure, or an empty text."""
    empty: dict[str, Any] = {"Prefix": "", "SimplePrefix": {}}
    return {
        name: filled(each) if isinstance(each, dict) else empty.get(name) if each is None else each
        for name, each in value.items()
    }


def keep_tags_of_new_buckets() -> None:
    """A bucket can be created with tags, which moto 5.2.5 drops."""
    original = S3Response._bucket_response_put

    def bucket_response_put(self: Any, request: Any, bucket_name: str, querystring: dict[str, Any]) -> Any:
        answer = original(self, request, bucket_name, querystring)
        if not querystring and self.body:
            configuration = xmltodict.parse(self.body).get("CreateBucketConfiguration") or {}
            tags = (configuration.get("Tags") or {}).get("Tag") or []
            given = {tag["Key"]: tag["Value"] or "" for tag in (tags if isinstance(tags, list) else [tags])}
            if given and bucket_name in self.backend.buckets:
                self.backend.put_bucket_tagging(bucket_name, given)
        return answer

    S3Response._bucket_response_put = bucket_response_put  # type: ignore[method-assign]


def ignore_conditions() -> None:
    """Statements under a condition do not decide moto's answers.

    moto 5.2.5 ignores conditions, so a policy that denies what is not sent over TLS denied every PutObject.
    The policy itself is kept and shown whole.
    """
    original = FakeBucket.get_permission

    def get_permission(self: Any, action: str, resource: str) -> Any:
        policy = self.policy
        if not policy:
            return original(self, action, resource)
        document = json.loads(policy)
        statements = [each for each in document["Statement"] if not each.get("Condition")]
        if not statements:
            self.policy = None
        else:
            self.policy = json.dumps(document | {"Statement": statements}).encode()
        try:
            return original(self, action, resource)
        finally:
            self.policy = policy

    FakeBucket.get_permission = get_permission  # type: ignore[method-assign]


def match_log_delivery() -> None:
    """A bucket takes access logs where its policy lets the service put them below the prefix.

    moto 5.2.5 compares the statement's resource as one text, and knows neither lists nor other wildcards.
    """

    def allowed(target_bucket: Any, target_prefix: str | None) -> bool:
        key = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
        statements = json.loads(target_bucket.policy or b'{"Statement": []}')["Statement"]
        return any(
            each["Effect"] == "Allow"
            and each.get("Principal") == {"Service": "logging.s3.amazonaws.com"}
            and "s3:PutObject" in several(each.get("Action"))
            and any(fnmatchcase(key, pattern) for pattern in several(each.get("Resource")))
            for each in statements
        )

    FakeBucket._log_permissions_enabled_policy = staticmethod(allowed)  # type: ignore[method-assign]


def several(value: Any) -> list[str]:
    """What a policy may write as one text or as a list."""
    return value if isinstance(value, list) else [value]
