"""Keys of KMS: what waits for its end is of no use, and 7 to 30 days pass until then."""

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms.models import KmsBackend

from simulated_aws.deletion.guard import guard


def extend() -> None:
    guard(KmsBackend, "schedule_key_deletion", refuse_deletion)
    guard(KmsBackend, "encrypt", refuse_use)
    guard(KmsBackend, "generate_data_key", refuse_use)


def refuse_deletion(kms: Any, key: str, days: int) -> None:
    """Source: KMS API reference, ScheduleKeyDeletion."""
    if not 7 <= days <= 30:
        raise JsonRESTError("ValidationException", "Invalid days: a pending window has 7 to 30 of them.")
    refuse_pending(kms, key)


def refuse_use(kms: Any, key: str, *_: Any) -> None:
    refuse_pending(kms, key)


def refuse_pending(kms: Any, key: str) -> None:
    """Source: KMS developer guide, "Key states of AWS KMS keys"."""
    found = kms.describe_key(key)
    if found.key_state == "PendingDeletion":
        raise JsonRESTError("KMSInvalidStateException", f"{found.arn} is pending deletion.")
