"""Files that make up a model, and the manifest that says when all of them are there."""

import json
import re
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path, PurePosixPath
from typing import Protocol

MANIFEST = "manifest.json"
"""Written last, so that a folder or a prefix that has one was whole."""
MARKER = ".verified.json"
"""What was checked already, beside the files."""
_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Wanted:
    """A file to fetch. The hub knows SHA-256 of large files (LFS) and Git's own hash of small ones."""

    path: str
    size: int
    sha256: str | None = None
    git_sha1: str | None = None


@dataclass(frozen=True)
class StagedFile:
    """A file as it was checked."""

    path: str
    size: int
    sha256: str

    @property
    def wanted(self) -> Wanted:
        """What to fetch to have it."""
        return Wanted(self.path, self.size, self.sha256)


@dataclass(frozen=True)
class Manifest:
    """A model's files at one commit of its repository."""

    model: str
    revision: str
    files: tuple[StagedFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def text(self) -> bytes:
        """As it is written; the same files give the same bytes."""
        files = [
            {"path": file.path, "size": file.size, "sha256": file.sha256}
            for file in sorted(self.files, key=lambda file: file.path)
        ]
        fields = {"version": _VERSION, "model": self.model, "revision": self.revision, "files": files}
        return (json.dumps(fields, indent=1) + "\n").encode()


class Source(Protocol):
    """Where files come from."""

    name: str

    def open(self, file: Wanted, start: int, end: int) -> "Body":
        """The bytes from `start` up to `end`."""


class Body(Protocol):
    """Bytes that arrive."""

    status: int

    def read(self, count: int | None = None) -> bytes:
        """At most so many."""

    def close(self) -> None:
        """Nobody wants the rest."""


class BadManifestError(ValueError):
    """A manifest that can't be relied on."""


def read_manifest(text: bytes) -> Manifest:
    """Reads a manifest, and trusts nothing in it.

    Raises:
        BadManifestError: it is cut off, of another version, or names files outside its folder.
    """
    try:
        fields = json.loads(text)
        if fields["version"] != _VERSION:
            raise BadManifestError(f"has version {fields['version']}: {_VERSION} is expected")
        files = tuple(_file(entry) for entry in fields["files"])
        manifest = Manifest(str(fields["model"]), str(fields["revision"]), files)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadManifestError(f"lacks fields: {error}") from error
    except ValueError as error:
        raise error if isinstance(error, BadManifestError) else BadManifestError("is no JSON") from error
    if not files:
        raise BadManifestError("names no files")
    if len({file.path for file in files}) < len(files):
        raise BadManifestError("names a file twice")
    return manifest


def _file(entry: dict[str, object]) -> StagedFile:
    path, count, checksum = entry["path"], entry["size"], entry["sha256"]
    if not isinstance(path, str) or not is_inside(path):
        raise BadManifestError(f"names {path!r}: a path inside the folder is expected")
    if not isinstance(count, int) or count < 0:
        raise BadManifestError(f"says that {path} has {count!r} bytes")
    if not isinstance(checksum, str) or _SHA256.fullmatch(checksum) is None:
        raise BadManifestError(f"has no SHA-256 of {path}")
    return StagedFile(path, count, checksum)


def is_inside(path: str) -> bool:
    """Whether a relative path stays in its folder and is none of the names that we use ourselves."""
    parts = PurePosixPath(path).parts
    whole = path != "" and str(PurePosixPath(path)) == path and not path.startswith("/")
    return (
        whole
        and ".." not in parts
        and "\\" not in path
        and "\0" not in path
        and path not in (MANIFEST, MARKER)
    )


def checksums(path: Path, *, also_git: bool = False) -> tuple[str, str | None]:
    """SHA-256 of a file and, if wanted, Git's hash of it as a blob."""
    whole = sha256()
    git = sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False) if also_git else None
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            whole.update(chunk)
            if git is not None:
                git.update(chunk)
    return whole.hexdigest(), git.hexdigest() if git is not None else None
