"""S3 over HTTP: what reading and staging weights takes of it."""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from entrypoint.credentials import CredentialChain, endpoint
from entrypoint.failures import Exit, Failure, NotThere, Transient
from entrypoint.files import Wanted
from entrypoint.log import Log
from entrypoint.signing import Request, encoded, query_text, signed_headers
from entrypoint.transport import Answer, Transport

_NO_BODY = hashlib.sha256(b"").hexdigest()
_REDIRECTED = (301, 307, 400)
_FORBIDDEN = 403
_NOT_FOUND = 404
_RANGE_IS_GONE = 416
_FIRST_ERROR = 300
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"}
_BUSY = {"RequestTimeout", "SlowDown", "RequestTimeTooSkewed", "OperationAborted"}

S3_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<prefix>[^/?#].*?)/?")


@dataclass(frozen=True)
class Place:
    """A bucket and what keys in it begin with."""

    bucket: str
    prefix: str

    def key(self, path: str) -> str:
        """The key of a file."""
        return f"{self.prefix}/{path}"

    def url(self, path: str = "") -> str:
        """For messages, and for engines that read from S3 themselves."""
        return f"s3://{self.bucket}/{self.prefix}/{path}"


def place(url: str) -> Place:
    """Reads `s3://bucket/prefix`.

    Raises:
        ValueError: it is something else.
    """
    found = S3_URL.fullmatch(url)
    if found is None:
        raise ValueError(url)
    return Place(found["bucket"], found["prefix"])


class Bucket:
    """Sends signed requests to one bucket."""

    def __init__(self, bucket: str, transport: Transport, log: Log) -> None:
        """Takes its region from AWS_REGION or AWS_DEFAULT_REGION, which EKS sets in pods with a role."""
        self.name = bucket
        self._transport = transport
        self._log = log
        self._region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._credentials = CredentialChain(transport, log, self._region)

    def url(self, key: str, query: Mapping[str, str]) -> str:
        """Where a key is: the bucket in the host at AWS, in the path elsewhere and where it has dots."""
        base = urlsplit(endpoint("s3", self._region))
        own = "AWS_ENDPOINT_URL" in os.environ or "AWS_ENDPOINT_URL_S3" in os.environ
        in_path = own or "." in self.name
        host = base.netloc if in_path else f"{self.name}.{base.netloc}"
        path = f"/{self.name}/{encoded(key, keep='/')}" if in_path else f"/{encoded(key, keep='/')}"
        return f"{base.scheme}://{host}{path}" + (f"?{query_text(query)}" if query else "")

    def send(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Sends one request, signed; once more where S3 names another region or wants fresh credentials.

        Raises:
            NotThere: no such key, upload or bucket.
            Failure: access is refused.
            OSError, http.client.HTTPException, Transient: a retry may mend it.
        """
        anew = False
        for _ in range(3):
            answer = self._once(method, key, query or {}, headers or {}, body, anew=anew)
            if answer.status < _FIRST_ERROR:
                return answer
            code, message = _error(answer)
            region = answer.header("x-amz-bucket-region")
            if answer.status in _REDIRECTED and region not in (None, self._region):
                self._region = region or self._region
                continue
            if code in _EXPIRED and not anew:
                anew = True
                continue
            raise self._judged(answer.status, code, message, f"{method} s3://{self.name}/{key}")
        raise Transient(f"S3 sends requests for {self.name} from region to region")

    def _once(  # noqa: PLR0913 - the same
        self,
        method: str,
        key: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        anew: bool,
    ) -> Answer:
        url = self.url(key, query)
        payload = _NO_BODY if body is None else hashlib.sha256(body).hexdigest()
        signed = signed_headers(
            Request(method, url, headers, payload),
            self._credentials.get(anew=anew),
            self._region,
            datetime.now(timezone.utc),
        )
        return self._transport.send(method, url, signed, body)

    def _judged(self, status: int, code: str, message: str, what: str) -> Exception:
        if status == _NOT_FOUND:
            return NotThere(code or "NoSuchKey")
        if code in _BUSY:
            return Transient(f"S3 answered {code}")
        if status == _FORBIDDEN:
            return Failure(
                Exit.ACCESS,
                f"S3 refuses {what}: {code or status}",
                "The pod's role needs s3:GetObject on the objects, s3:ListBucket on the bucket and "
                "kms:Decrypt on its key; for staging also s3:PutObject, s3:AbortMultipartUpload, "
                "s3:ListMultipartUploadParts, s3:ListBucketMultipartUploads and kms:GenerateDataKey. The "
                "bucket's own policy may refuse as well",
            )
        return Failure(
            Exit.UNREACHABLE,
            f"S3 answered {what} with {status} {code}: {message}",
            "See the AWS documentation of that error code",
        )

    def read(self, key: str) -> bytes:
        """A small object, whole, with retries.

        Raises:
            NotThere: there is none.
        """
        return self._transport.retrying(
            f"reading s3://{self.name}/{key}", lambda: self.send("GET", key).read()
        )


class S3Source:
    """Weights that were staged in a bucket."""

    def __init__(self, at: Place, bucket: Bucket) -> None:
        """Takes where they are."""
        self.name = at.url()
        self._place = at
        self._bucket = bucket

    def open(self, file: Wanted, start: int, end: int) -> Answer:
        """The bytes from `start` up to `end`, as they arrive."""
        headers = {"Range": f"bytes={start}-{end - 1}"} if end > start else {}
        try:
            return self._bucket.send("GET", self._place.key(file.path), headers=headers)
        except NotThere as missing:
            raise Failure(
                Exit.NO_WEIGHTS,
                f"{self._place.url(file.path)} is in the manifest and not in the bucket",
                "Run the Job that stages the weights again; see who deletes objects there",
            ) from missing


def parse(text: bytes) -> ET.Element:
    """An answer of S3, without its namespace."""
    root = ET.fromstring(text)  # noqa: S314 - AWS's own answer
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _error(answer: Answer) -> tuple[str, str]:
    """Code and message of an error; a HEAD has neither."""
    text = answer.read()
    try:
        root = parse(text)
    except ET.ParseError:
        return "", ""
    region = root.findtext("Region")
    return root.findtext("Code") or "", root.findtext("Message") or region or ""
