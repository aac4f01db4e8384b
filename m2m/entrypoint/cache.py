"""Models on a node's disk: `/models/<name>`, each whole or not there, shared by the pods of the node.

Beside them lies `.m2m/`: `partial/<name>` while a model is fetched, `trash/` while one is removed, `locks/`.
A model gets its name by one rename, after every checksum was right.
"""

import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from entrypoint.download import JOURNAL, Download
from entrypoint.failures import Exit, Failure
from entrypoint.files import (
    MANIFEST,
    MARKER,
    BadManifestError,
    Manifest,
    StagedFile,
    checksums,
    read_manifest,
)
from entrypoint.locks import alone, hold, if_free
from entrypoint.log import Log, size

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_STATE = ".m2m"


@dataclass(frozen=True)
class Found:
    """What a directory holds: a manifest, and which of its files are as it says."""

    manifest: Manifest
    intact: tuple[StagedFile, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there."""
        return len(self.intact) == len(self.manifest.files)


class Cache:
    """The place of one model among others."""

    def __init__(self, directory: Path, log: Log) -> None:
        """Takes the model's directory; its parent is the cache."""
        self.directory = directory
        self._log = log
        self._state = directory.parent / _STATE
        self._locks = self._state / "locks"
        self.partial = self._state / "partial" / directory.name

    def use(self) -> None:
        """Says, as long as this process lives, that the model is in use, so that nobody removes it."""
        try:
            self._locks.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
        hold(self._locks / f"{self.directory.name}.use")

    def look(self) -> Found | None:
        """What is there; None where there is nothing.

        Raises:
            Failure: what is there isn't ours.
        """
        path = self.directory / MANIFEST
        try:
            text = path.read_bytes()
        except FileNotFoundError as error:
            if self.directory.is_dir() and any(self.directory.iterdir()):
                raise Failure(
                    Exit.NO_WEIGHTS,
                    f"{self.directory} holds files but no {MANIFEST}, so nobody knows whether they are whole",
                    "Name another directory, or remove what is in it",
                ) from error
            return None
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            manifest = read_manifest(text)
        except BadManifestError as error:
            self._log.warning(f"{path} {error}: the model is fetched anew")
            return None
        return Found(manifest, self._intact(manifest, text))

    def _intact(self, manifest: Manifest, text: bytes) -> tuple[StagedFile, ...]:
        """Files that are right: the marker knows them by size and time, or their checksum is right."""
        identity = sha256(text).hexdigest()
        known = self._marker(identity)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            stamps = list(pool.map(lambda file: self._stamp(file, known.get(file.path)), manifest.files))
        intact = tuple(file for file, stamp in zip(manifest.files, stamps, strict=True) if stamp is not None)
        if len(intact) == len(manifest.files) and len(known) < len(intact):
            fresh = {file.path: stamp for file, stamp in zip(manifest.files, stamps, strict=True) if stamp}
            write_marker(self.directory, identity, fresh, self._log)
        return intact

    def _marker(self, identity: str) -> dict[str, list[int]]:
        try:
            marker = json.loads((self.directory / MARKER).read_bytes())
            return dict(marker["files"]) if marker["manifest"] == identity else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _stamp(self, file: StagedFile, known: list[int] | None) -> list[int] | None:
        """Size and time of a file that is right, else None."""
        path = self.directory / file.path
        try:
            stamp = stamp_of(path)
            if stamp == known:
                return stamp
            found = checksums(path)[0] if stamp[0] == file.size else f"{stamp[0]} bytes"
            if found == file.sha256:
                return stamp
        except OSError as error:
            found = error.strerror or str(error)
        self._log.warning("a file in the cache is damaged", path=str(path), expected=file.sha256, found=found)
        return None

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Has the fetch of this model to itself; others wait for it.

        Raises:
            Failure: the cache can't be written.
        """
        if self.directory.is_mount():
            raise Failure(
                Exit.DESCRIPTION,
                f"{self.directory} is a mount itself, so that a model can't be renamed to it",
                "Mount its parent: weights.directory is a folder in the cache",
            )
        try:
            for folder in (self._locks, self.partial.parent, self._state / "trash"):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self._state, error) from error
        tell = f"waiting for another pod on this node that fetches {self.directory.name}"
        with alone(self._locks / f"{self.directory.name}.fetch", lambda: self._log.info(tell)):
            for left in (self._state / "trash").iterdir():
                shutil.rmtree(left, ignore_errors=True)
            self.partial.mkdir(exist_ok=True)
            try:
                yield
            except Failure as failure:
                # Only what a later start can go on with stays.
                if failure.exit_code is not Exit.UNREACHABLE:
                    shutil.rmtree(self.partial, ignore_errors=True)
                raise
            except OSError as error:
                shutil.rmtree(self.partial, ignore_errors=True)
                raise _unusable(self.partial, error) from error

    def make_room(self, download: Download, keep_free: float) -> None:
        """Reserves room for a fetch, and removes models that were used least recently where it is short.

        Args:
            download: what room is for.
            keep_free: share of the disk that stays free.

        Raises:
            Failure: there isn't enough.
        """
        waiting = "waiting for another pod on this node that reserves room on the disk"
        with alone(self._locks / "room", lambda: self._log.info(waiting)):
            others = self._others()
            while True:
                disk = os.statvfs(self.partial)
                missing = download.room_needed()
                needed = missing + int(keep_free * disk.f_blocks * disk.f_frsize)
                free = disk.f_bavail * disk.f_frsize
                if missing == 0 or free >= needed:
                    try:
                        download.reserve()
                    except OSError as error:
                        if error.errno not in _NO_ROOM:
                            raise
                    else:
                        return
                if not self._remove_next(others):
                    raise self._no_room(needed, free)

    def _no_room(self, needed: int, free: int) -> Failure:
        in_use = ", ".join(sorted(each.name for each in self._models()))
        return Failure(
            Exit.DISK,
            f"{self.directory.parent} has {size(free)} free, {size(needed)} are needed and nothing can be "
            f"removed: {f'{in_use} are in use' if in_use else 'no other model is there'}",
            "Give the cache a larger volume, or keep models apart that don't fit on one node's disk together",
        )

    def _models(self) -> list[Path]:
        siblings = (each for each in self.directory.parent.iterdir() if each != self.directory)
        return [each for each in siblings if (each / MANIFEST).is_file()]

    def _others(self) -> list[str]:
        """Other models, whole or not, the one that wasn't used for longest first."""
        names = {each.name for each in self._models()}
        names |= {each.name for each in self.partial.parent.iterdir() if each != self.partial}

        def used(name: str) -> float:
            for path in (self._locks / f"{name}.use", self.directory.parent / name / MANIFEST):
                if path.exists():
                    return path.stat().st_mtime
            return 0.0

        return sorted(names, key=used)

    def _remove_next(self, names: list[str]) -> bool:
        """Removes the first model of the list that nobody uses, and those before it from the list."""
        while names:
            name = names.pop(0)
            with if_free(self._locks / f"{name}.use") as free:
                if not free:
                    continue
                self._log.info("removing a model from the cache to make room", model=name)
                self._discard(self.directory.parent / name)
                self._discard(self.partial.parent / name)
                return True
        return False

    def _discard(self, path: Path) -> None:
        """Takes away a folder's name first, so that it is never seen half removed."""
        trash = self._state / "trash" / uuid.uuid4().hex
        try:
            path.rename(trash)
        except FileNotFoundError:
            return
        shutil.rmtree(trash, ignore_errors=True)

    def finish(self, manifest: Manifest) -> None:
        """Gives a whole model its name."""
        text = manifest.text()
        (self.partial / JOURNAL).unlink()
        write_whole(self.partial / MANIFEST, text)
        stamps = {file.path: stamp_of(self.partial / file.path) for file in manifest.files}
        write_marker(self.partial, sha256(text).hexdigest(), stamps, self._log)
        if self.directory.exists() and any(self.directory.iterdir()):
            self._discard(self.directory)
        self.partial.rename(self.directory)
        self._log.info("the model is whole", directory=str(self.directory), bytes=manifest.size)


def stamp_of(path: Path) -> list[int]:
    """What tells that a file was changed."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def write_marker(folder: Path, identity: str, stamps: dict[str, list[int]], log: Log) -> None:
    """Notes what was checked, so that the next start needn't; where nothing can be written, it must."""
    try:
        write_whole(folder / MARKER, json.dumps({"manifest": identity, "files": stamps}).encode())
    except OSError as error:
        log.info("the next start checks the files again: no marker can be written", reason=error.strerror)


def write_whole(path: Path, text: bytes) -> None:
    """Writes a file that is never seen half written."""
    unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    with unfinished.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _unusable(path: Path, error: OSError) -> Failure:
    return Failure(
        Exit.DISK,
        f"{path} can't be used: {error.strerror}",
        "See that the volume is mounted writable for the pod's user (securityContext.fsGroup), and the "
        "disk's health",
    )
