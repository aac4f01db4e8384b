"""AWS Signature Version 4 in headers.

Source: AWS, "Create a signed AWS API request"; for S3 a path is encoded once.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    """What requests are signed with."""

    access_key: str
    secret_key: str
    token: str | None = None
    expires: datetime | None = None


def encoded(text: str, *, keep: str = "") -> str:
    """Percent-encoded as AWS wants it: all but letters, digits and `-._~`."""
    return quote(text, safe=f"-._~{keep}")


def query_text(query: Mapping[str, str]) -> str:
    """A canonical query."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(query.items()))


@dataclass(frozen=True)
class Request:
    """What is signed of a request; the URL's path and query are canonical already."""

    method: str
    url: str
    headers: Mapping[str, str]
    payload_sha256: str


def signed_headers(
    request: Request, credentials: Credentials, region: str, now: datetime, service: str = "s3"
) -> dict[str, str]:
    """The request's headers with the signature among them."""
    parts = urlsplit(request.url)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        **request.headers,
        "Host": parts.netloc,
        "x-amz-date": stamp,
        "x-amz-content-sha256": request.payload_sha256,
    }
    if credentials.token is not None:
        headers["x-amz-security-token"] = credentials.token
    lower = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    names = ";".join(sorted(lower))
    canonical = "\n".join(
        [
            request.method,
            parts.path or "/",
            parts.query,
            *(f"{name}:{lower[name]}" for name in sorted(lower)),
            "",
            names,
            request.payload_sha256,
        ]
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    signature = _hmac(key, to_sign).hex()
    access = f"{credentials.access_key}/{scope}"
    headers["Authorization"] = (
        f"{_ALGORITHM} Credential={access}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
