"""AWS credentials of a pod, found where AWS's SDKs find them, in their order.

Keys in the environment, a web identity (IRSA), EKS Pod Identity's agent. The node's own role (IMDS) is left
out on purpose: a pod that falls back to it has a role that nobody gave it.

Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers"; botocore 1.44.8,
credentials.py.
"""

import ipaddress
import json
import os
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from entrypoint.failures import Exit, Failure, Transient
from entrypoint.log import Log, shown
from entrypoint.signing import Credentials, query_text
from entrypoint.transport import Transport

_EARLY = timedelta(minutes=5)
"""Time before their end at which credentials are asked for anew."""
_AGENTS = ("169.254.170.23", "fd00:ec2::23")
"""Addresses of EKS Pod Identity's agent, the only ones that plain HTTP may go to besides loopback."""
_OK = 200

_TODO = (
    "Give the pod's service account an EKS Pod Identity association with a role that may read the models "
    "bucket, and see that the add-on eks-pod-identity-agent runs"
)


class CredentialChain:
    """Finds credentials, keeps them, and renews them before they end."""

    def __init__(self, transport: Transport, log: Log, region: str) -> None:
        """Takes the region whose STS is asked."""
        self._transport = transport
        self._log = log
        self._region = region
        self._lock = threading.Lock()
        self._kept: Credentials | None = None

    def get(self, *, anew: bool = False) -> Credentials:
        """Credentials that are good for some minutes.

        Args:
            anew: those that are kept were refused.

        Raises:
            Failure: there are none.
        """
        with self._lock:
            if self._kept is None or anew or self._ends(self._kept):
                self._kept = self._find()
                self._log.hide(self._kept.secret_key, self._kept.token)
            return self._kept

    def _ends(self, credentials: Credentials) -> bool:
        return credentials.expires is not None and credentials.expires - _EARLY < datetime.now(timezone.utc)

    def _find(self) -> Credentials:
        environment = os.environ
        if "AWS_ACCESS_KEY_ID" in environment and "AWS_SECRET_ACCESS_KEY" in environment:
            return Credentials(
                environment["AWS_ACCESS_KEY_ID"],
                environment["AWS_SECRET_ACCESS_KEY"],
                environment.get("AWS_SESSION_TOKEN"),
            )
        if "AWS_WEB_IDENTITY_TOKEN_FILE" in environment and "AWS_ROLE_ARN" in environment:
            return self._from_web_identity()
        if "AWS_CONTAINER_CREDENTIALS_FULL_URI" in environment:
            return self._from_agent(environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        raise Failure(Exit.ACCESS, "the pod has no AWS credentials", _TODO)

    def _from_agent(self, url: str) -> Credentials:
        if not _is_trusted(url):
            raise Failure(
                Exit.ACCESS,
                f"AWS_CONTAINER_CREDENTIALS_FULL_URI is {shown(url)}: https, loopback or EKS Pod Identity's "
                "agent is expected",
                "Don't set it by hand: EKS sets it in pods whose service account has an association",
            )
        token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" in os.environ:
            token = _read_token(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
        self._log.hide(token)
        headers = {} if token is None else {"Authorization": token}
        answer = self._ask("EKS Pod Identity's agent", "GET", url, headers, None)
        fields = json.loads(answer)
        return Credentials(
            fields["AccessKeyId"],
            fields["SecretAccessKey"],
            fields.get("Token"),
            _time(fields.get("Expiration")),
        )

    def _from_web_identity(self) -> Credentials:
        token = _read_token(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"])
        self._log.hide(token)
        body = query_text(
            {
                "Action": "AssumeRoleWithWebIdentity",
                "Version": "2011-06-15",
                "RoleArn": os.environ["AWS_ROLE_ARN"],
                "RoleSessionName": os.environ.get("AWS_ROLE_SESSION_NAME", "m2m"),
                "WebIdentityToken": token,
            }
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._ask("AWS STS", "POST", endpoint("sts", self._region), headers, body.encode())
        # AWS's own answer, over TLS.
        found = {element.tag.rpartition("}")[2]: element.text for element in ET.fromstring(answer).iter()}  # noqa: S314
        return Credentials(
            found["AccessKeyId"] or "",
            found["SecretAccessKey"] or "",
            found["SessionToken"],
            _time(found.get("Expiration")),
        )

    def _ask(self, who: str, method: str, url: str, headers: dict[str, str], body: bytes | None) -> bytes:
        def once() -> bytes:
            answer = self._transport.send(method, url, headers, body)
            text = answer.read()
            if answer.status == _OK:
                return text
            raise Failure(
                Exit.ACCESS, f"{who} gives no credentials: {answer.status} {_code(text)}".rstrip(), _TODO
            )

        return self._transport.retrying(who, _whole(once))


def endpoint(service: str, region: str) -> str:
    """Where a service is: as AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL say, else in the region."""
    own = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return (own or f"https://{service}.{region}.{suffix}").rstrip("/")


def _whole(action: Callable[[], bytes]) -> Callable[[], bytes]:
    """An answer that can't be read is asked for again."""

    def read() -> bytes:
        try:
            return action()
        except ValueError as error:
            raise Transient(str(error)) from error

    return read


def _code(text: bytes) -> str:
    """The code in an error of AWS, which is JSON or XML; its message may name what is nobody's business."""
    found = re.search(rb"<Code>([\w.]+)</Code>|\"[Cc]ode\"\s*:\s*\"([\w.]+)\"", text)
    return "" if found is None else (found[1] or found[2]).decode()


def _is_trusted(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return host in _AGENTS or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_token(path: str) -> str:
    """A token that Kubernetes renews: it is read anew each time."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Failure(Exit.ACCESS, f"{path} can't be read: {error.strerror}", _TODO) from error


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))
