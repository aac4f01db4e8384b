"""Load balancers and certificates."""

from typing import Any

from moto.acm.models import AWSCertificateManagerBackend
from moto.core.exceptions import AWSError
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, elbv2_backends

from simulated_aws.deletion.guard import guard


class CertificateInUseError(AWSError):
    """As ACM words it."""

    TYPE = "ResourceInUseException"


def extend() -> None:
    guard(ELBv2Backend, "delete_load_balancer", refuse_protected_balancer)
    guard(AWSCertificateManagerBackend, "delete_certificate", refuse_used_certificate)


def refuse_protected_balancer(elb: Any, arn: str) -> None:
    balancer = elb.load_balancers.get(arn)
    if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
        raise ELBClientError(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )


def refuse_used_certificate(acm: Any, arn: str) -> None:
    balancers: Any = elbv2_backends[acm.account_id][acm.region_name].load_balancers
    for balancer in balancers.values():
        for listener in balancer.listeners.values():
            if arn in listener.certificates:
                raise CertificateInUseError(f"Certificate {arn} in account {acm.account_id} is in use.")
