"""Policies of IAM."""

from typing import Any

from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend

from simulated_aws.deletion.guard import guard


def extend() -> None:
    guard(IAMBackend, "delete_policy", refuse_attached_policy)


def refuse_attached_policy(iam: Any, arn: str) -> None:
    """Source: IAM API reference, DeletePolicy."""
    if iam.get_policy(arn).attachment_count > 0:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
