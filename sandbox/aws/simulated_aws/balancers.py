"""Corrections of moto's load balancers."""

from typing import Any

from moto.elbv2.models import ELBv2Backend


def extend() -> None:
    change_tls_listeners()


def change_tls_listeners() -> None:
    """A listener for TLS changes like one for HTTPS: moto 5.2.5 makes the one and changes only the other."""
    original = ELBv2Backend.modify_listener

    def modify_listener(self: Any, arn: str, port: Any, protocol: str | None, *others: Any) -> Any:
        [listener] = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])
        if (protocol or listener.protocol) != "TLS":
            return original(self, arn, port, protocol, *others)
        changed = original(self, arn, port, "HTTPS", *others)
        changed.protocol = "TLS"
        return changed

    ELBv2Backend.modify_listener = modify_listener  # type: ignore[assignment, method-assign]
