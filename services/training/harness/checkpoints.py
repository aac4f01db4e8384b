"""Checkpoints in S3: whole or not there, checked when they are read, the newest good one found again.

A checkpoint is a folder `<prefix>/checkpoints/<step>-<attempt>/` with its files and, put last, a
`manifest.json` with their sizes and SHA-256. S3 puts an object whole or not at all, so the manifest is what
makes a checkpoint: files without one are left-overs of an attempt that ended meanwhile.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.config import Checkpoints
from harness.exits import Exit, StopError
from harness.logs import log

if TYPE_CHECKING:
    from botocore.client import BaseClient

MANIFEST = "manifest.json"
DENIED = {
    "AccessDenied",
    "AllAccessDisabled",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "403",
}
MISSING = {"NoSuchBucket"}


class File(BaseModel):
    """One file of a checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What makes a checkpoint whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: int
    files: dict[str, File]


@dataclass(frozen=True)
class Checkpoint:
    """One that was read and is right."""

    step: int
    folder: Path


class CheckpointStore:
    """Writes and finds the checkpoints of one run. Not for two writers: the Job runs one pod at a time."""

    def __init__(self, settings: Checkpoints, attempt: str, work: Path) -> None:
        """Connect to the bucket.

        Args:
            settings: Where, and how many stay.
            attempt: Tells checkpoints of one step by two attempts apart.
            work: A local folder, emptied here.
        """
        self._settings = settings
        self._attempt = attempt
        self._work = work
        self._root = f"{settings.prefix}/checkpoints/"
        self._passed_over: set[str] = set()
        self._s3: BaseClient = boto3.Session().client(
            "s3",
            config=ClientConfig(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=10),
        )
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)

    def check(self, record: str) -> None:
        """Put a record of this attempt: missing rights are found before a GPU has worked for nothing."""
        self._put(f"{self._settings.prefix}/attempts/{self._attempt}.json", record.encode())

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Make a folder for files of the next checkpoint. It is gone afterwards."""
        folder = self._work / "next"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
        shutil.rmtree(folder)

    def write(self, step: int, folder: Path) -> None:
        """Upload all files of a folder, then the manifest, then delete what is too old."""
        where = f"{self._root}{step:012d}-{self._attempt}/"
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        for name in names:
            with self._failing(f"s3:PutObject of {where}{name}"):
                self._s3.upload_file(
                    str(folder / name),
                    self._settings.bucket,
                    where + name,
                    ExtraArgs={"ChecksumAlgorithm": "SHA256"},
                )
        files = {name: _measure(folder / name) for name in names}
        self._put(where + MANIFEST, Manifest(step=step, files=files).model_dump_json().encode())
        log("wrote a checkpoint", step=step, bytes=sum(file.bytes for file in files.values()))
        self._prune()

    def newest(self) -> Checkpoint | None:
        """Download the newest whole checkpoint whose files are what its manifest says; pass over others.

        Those that were passed over go when the next one is written: they must not push out what comes after.
        """
        for place in self._complete():
            found = self._read(place)
            if found is not None:
                return found
            self._passed_over.add(place)
        return None

    def _complete(self) -> list[str]:
        """Folders with a manifest, newest first, without those that were passed over."""
        with self._failing(f"s3:ListBucket of {self._root}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._settings.bucket, Prefix=self._root
            )
            found = [
                (item["LastModified"], str(item["Key"]).removesuffix(MANIFEST))
                for page in pages
                for item in page.get("Contents", [])
                if str(item["Key"]).endswith("/" + MANIFEST)
            ]
        # By when they were written: after one that can't be read, steps come again. S3 counts in seconds;
        # within one, steps do.
        return [place for _, place in sorted(found, reverse=True) if place not in self._passed_over]

    def _read(self, place: str) -> Checkpoint | None:
        folder = self._work / "restored"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            manifest = Manifest.model_validate_json(self._get(place + MANIFEST))
        except ValidationError:
            log("passed over a checkpoint: its manifest is none", place=place)
            return None
        for name, file in manifest.files.items():
            path = folder / name
            if not path.resolve().is_relative_to(folder.resolve()):
                log("passed over a checkpoint: a file would lie outside of it", place=place, file=name)
                return None
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._download(place + name, path) or _measure(path) != file:
                log("passed over a checkpoint: a file is not what its manifest says", place=place, file=name)
                return None
        return Checkpoint(step=manifest.step, folder=folder)

    def _download(self, key: str, path: Path) -> bool:
        with self._failing(f"s3:GetObject of {key}"):
            try:
                self._s3.download_file(self._settings.bucket, key, str(path))
            except ClientError as error:
                if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
                    return False
                raise
        return True

    def _prune(self) -> None:
        """Delete older checkpoints with all their versions, which would go on costing."""
        kept = tuple(self._complete()[: self._settings.keep])
        with self._failing(f"s3:ListBucketVersions of {self._root}"):
            pages = self._s3.get_paginator("list_object_versions").paginate(
                Bucket=self._settings.bucket, Prefix=self._root
            )
            old = [
                {"Key": str(item["Key"]), "VersionId": str(item["VersionId"])}
                for page in pages
                for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                if not str(item["Key"]).startswith(kept)
            ]
        # Manifests first: what is half deleted must not look whole.
        old.sort(key=lambda item: not item["Key"].endswith("/" + MANIFEST))
        for item in old:
            with self._failing(f"s3:DeleteObjectVersion of {item['Key']}"):
                self._s3.delete_object(Bucket=self._settings.bucket, **item)

    def _put(self, key: str, body: bytes) -> None:
        with self._failing(f"s3:PutObject of {key}"):
            self._s3.put_object(Bucket=self._settings.bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256")

    def _get(self, key: str) -> bytes:
        with self._failing(f"s3:GetObject of {key}"):
            return bytes(self._s3.get_object(Bucket=self._settings.bucket, Key=key)["Body"].read())

    @contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        """Say what could not be done, and whether it is worth another try."""
        bucket = self._settings.bucket
        try:
            yield
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in DENIED:
                raise StopError(
                    Exit.DENIED, f"s3://{bucket} denies {what}: does the job's role reach its own prefix?"
                ) from error
            if code in MISSING:
                raise StopError(Exit.CONFIGURATION, f"there is no bucket {bucket}") from error
            raise StopError(Exit.UNAVAILABLE, f"s3://{bucket} failed at {what}: {code}") from error
        except BotoCoreError as error:
            raise StopError(Exit.UNAVAILABLE, f"s3://{bucket} does not answer to {what}: {error}") from error
        except boto3.exceptions.Boto3Error as error:
            denied = any(code in str(error) for code in DENIED - {"403"})
            raise StopError(
                Exit.DENIED if denied else Exit.UNAVAILABLE, f"s3://{bucket} failed at {what}: {error}"
            ) from error


def _measure(path: Path) -> File:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(bytes=path.stat().st_size, sha256=digest)
