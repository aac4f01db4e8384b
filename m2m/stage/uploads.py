"""Writes objects to S3: small ones at once, large ones in parts that a later run goes on with.

Every body is checked by S3: its SHA-256 is in the request's signature, and with each part as a checksum that
S3 keeps. An object is there only when all of it was right: an upload that isn't completed is invisible.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote

from entrypoint.failures import NotThere, Transient
from entrypoint.s3 import Bucket, parse
from entrypoint.transport import Transport

T = TypeVar("T")

_SHA256 = "x-amz-meta-sha256"
_GIT = "x-amz-meta-git-sha1"


@dataclass(frozen=True)
class Held:
    """An object that is in the bucket already."""

    size: int
    sha256: str | None
    git_sha1: str | None


@dataclass(frozen=True)
class Part:
    """A part that S3 has."""

    size: int
    etag: str
    checksum: str | None

    def holds(self, data: bytes) -> bool:
        """Whether it is these bytes: by its checksum, or by its ETag, which is MD5 but with SSE-KMS."""
        if len(data) != self.size:
            return False
        if self.checksum is not None:
            return self.checksum == _checksum(data)
        return self.etag.strip('"') == hashlib.md5(data, usedforsecurity=False).hexdigest()


@dataclass
class Upload:
    """An upload in parts."""

    key: str
    id: str
    parts: dict[int, Part] = field(default_factory=dict)


class Writer:
    """Writes to one bucket, with retries."""

    def __init__(self, bucket: Bucket, transport: Transport) -> None:
        """Encryption is the bucket's own: with SSE-KMS by default no request says anything about it."""
        self._bucket = bucket
        self._transport = transport

    def held(self, key: str) -> Held | None:
        """What the bucket has under a key."""

        def once() -> Held | None:
            try:
                answer = self._bucket.send("HEAD", key)
            except NotThere:
                return None
            size = int(answer.header("Content-Length") or 0)
            return Held(size, answer.header(_SHA256), answer.header(_GIT))

        return self._transport.retrying(f"looking for s3://{self._bucket.name}/{key}", once)

    def put(self, key: str, body: bytes, sha256: str | None = None, git_sha1: str | None = None) -> None:
        """Writes a small object."""
        headers = _metadata(sha256, git_sha1)
        self._retry(key, lambda: self._bucket.send("PUT", key, headers=headers, body=body).read())

    def resume(self, key: str) -> Upload | None:
        """The newest upload of a key that was not completed, with the parts that S3 has of it."""
        text = self._retry(
            key, lambda: self._bucket.send("GET", "", query={"uploads": "", "prefix": key}).read()
        )
        found = [
            (each.findtext("Initiated") or "", each.findtext("UploadId") or "")
            for each in parse(text).iter("Upload")
            if each.findtext("Key") == key
        ]
        if not found:
            return None
        upload = Upload(key, max(found)[1])
        marker: str | None = "0"
        while marker is not None:
            marker = self._read_parts(upload, marker)
        return upload

    def _read_parts(self, upload: Upload, marker: str) -> str | None:
        """Notes the parts after a number; returns where the next page begins."""
        query = {"uploadId": upload.id, "part-number-marker": marker}
        root = parse(
            self._retry(upload.key, lambda: self._bucket.send("GET", upload.key, query=query).read())
        )
        for part in root.iter("Part"):
            upload.parts[int(part.findtext("PartNumber") or 0)] = Part(
                int(part.findtext("Size") or 0), part.findtext("ETag") or "", part.findtext("ChecksumSHA256")
            )
        return root.findtext("NextPartNumberMarker") if root.findtext("IsTruncated") == "true" else None

    def begin(self, key: str, sha256: str | None, git_sha1: str | None) -> Upload:
        """Begins an upload in parts."""
        headers = {**_metadata(sha256, git_sha1), "x-amz-checksum-algorithm": "SHA256"}
        text = self._retry(
            key,
            lambda: self._bucket.send("POST", key, query={"uploads": ""}, headers=headers, body=b"").read(),
        )
        return Upload(key, parse(text).findtext("UploadId") or "")

    def send_part(self, upload: Upload, number: int, data: bytes) -> None:
        """Writes one part, unless S3 has it."""
        there = upload.parts.get(number)
        if there is not None and there.holds(data):
            return
        checksum = _checksum(data)

        def once() -> str:
            answer = self._bucket.send(
                "PUT",
                upload.key,
                query={"partNumber": str(number), "uploadId": upload.id},
                headers={"x-amz-checksum-sha256": checksum},
                body=data,
            )
            answer.read()
            return answer.header("ETag") or ""

        etag = self._transport.retrying(f"writing part {number} of {upload.key}", once)
        upload.parts[number] = Part(len(data), etag, checksum)

    def complete(self, upload: Upload, count: int) -> None:
        """Makes an object of the first parts."""
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{upload.parts[number].etag}</ETag>"
            + _checksum_element(upload.parts[number])
            + "</Part>"
            for number in range(1, count + 1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()

        def once() -> None:
            text = self._bucket.send("POST", upload.key, query={"uploadId": upload.id}, body=body).read()
            # S3 may begin to answer with 200 and fail afterwards.
            root = parse(text)
            if root.tag == "Error":
                raise Transient(f"S3 answered {root.findtext('Code')}")

        self._retry(upload.key, once)

    def abort(self, upload: Upload) -> None:
        """Throws an upload's parts away."""

        def once() -> None:
            try:
                self._bucket.send("DELETE", upload.key, query={"uploadId": upload.id}).read()
            except NotThere:
                return

        self._retry(upload.key, once)

    def _retry(self, key: str, action: Callable[[], T]) -> T:
        return self._transport.retrying(f"writing s3://{self._bucket.name}/{key}", action)


def _metadata(sha256: str | None, git_sha1: str | None) -> dict[str, str]:
    named = {_SHA256: sha256, _GIT: git_sha1}
    return {name: quote(value) for name, value in named.items() if value is not None}


def _checksum(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _checksum_element(part: Part) -> str:
    return "" if part.checksum is None else f"<ChecksumSHA256>{part.checksum}</ChecksumSHA256>"
