"""Corrections of moto's ACM."""

from typing import Any

from moto.acm.models import CertBundle
from moto.acm.responses import AWSCertificateManagerResponse


def extend() -> None:
    keep_key_algorithm()


def keep_key_algorithm() -> None:
    """Every key of moto 5.2.5 is RSA: the kind that was asked for would look changed ever after."""
    request, describe = AWSCertificateManagerResponse.request_certificate, CertBundle.describe

    def request_certificate(self: Any) -> Any:
        answer: Any = request(self)
        bundle = self.acm_backend.get_certificate(answer.result["CertificateArn"])
        bundle.asked_key_algorithm = self._get_param("KeyAlgorithm")
        return answer

    def describe_certificate(self: Any) -> dict[str, Any]:
        answer = describe(self)
        asked = getattr(self, "asked_key_algorithm", None)
        if asked is not None:
            answer["Certificate"]["KeyAlgorithm"] = asked
        return answer

    AWSCertificateManagerResponse.request_certificate = request_certificate  # type: ignore[method-assign]
    CertBundle.describe = describe_certificate  # type: ignore[method-assign]
