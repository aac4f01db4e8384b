"""Fetches files in parallel parts into a folder, and goes on where a killed fetch stopped.

The folder holds the files at their full size and a journal of the parts that are in them. It
is never taken for a model: only files whose checksum was right count, and only a folder with all of them gets
a manifest and a name.
"""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from entrypoint.failures import Exit, Failure, Transient
from entrypoint.files import Source, StagedFile, Wanted, checksums
from entrypoint.log import Log, Progress
from entrypoint.transport import Transport

T = TypeVar("T")

JOURNAL = ".journal"
_CHUNK = 1 << 20
_PARTIAL = 206
_WHOLE = 200


@dataclass(frozen=True)
class Options:
    """How to fetch."""

    parallel: int = 16
    """Parts at a time. AWS counts on 85 to 90 MB/s for a connection to S3 (S3 user guide, "Performance design
    patterns")."""
    part_bytes: int = 64 << 20
    """What a connection fetches before the journal says that it is there."""


class _Journal:
    """What is in the folder, one JSON object a line; a line that was cut off is none."""

    def __init__(self, folder: Path, files: Sequence[Wanted], part_bytes: int) -> None:
        self._path = folder / JOURNAL
        self._lock = threading.Lock()
        named = sorted((file.path, file.size, file.sha256, file.git_sha1) for file in files)
        identity = hashlib.sha256(json.dumps([part_bytes, named]).encode()).hexdigest()
        self.parts: set[tuple[str, int]] = set()
        self.checked: dict[str, str] = {}
        lines = list(self._lines())
        if lines and lines[0] == {"fetch": identity}:
            for line in lines[1:]:
                self._read(line)
        else:
            shutil.rmtree(folder)
            folder.mkdir()
            self._write({"fetch": identity})

    def _lines(self) -> Iterator[object]:
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        for line in text.splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                return

    def _read(self, line: object) -> None:
        if not isinstance(line, dict):
            return
        if "start" in line:
            self.parts.add((line["path"], line["start"]))
        elif "sha256" in line:
            self.checked[line["path"]] = line["sha256"]
        else:
            self._forget(line["path"])

    def _forget(self, path: str) -> None:
        self.parts = {part for part in self.parts if part[0] != path}
        self.checked.pop(path, None)

    def arrived(self, path: str, start: int) -> int:
        """Notes a part, and says how many of the file there are now."""
        with self._lock:
            self.parts.add((path, start))
            self._write({"path": path, "start": start})
            return sum(each == path for each, _ in self.parts)

    def right(self, path: str, checksum: str) -> None:
        with self._lock:
            self.checked[path] = checksum
            self._write({"path": path, "sha256": checksum})

    def wrong(self, path: str) -> None:
        with self._lock:
            self._forget(path)
            self._write({"path": path})

    def _write(self, line: object) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class Download:
    """One fetch of files from a source into a folder."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a fetch is made of
        self,
        files: Sequence[Wanted],
        source: Source,
        folder: Path,
        options: Options,
        transport: Transport,
        log: Log,
    ) -> None:
        """Reads the journal that an earlier fetch left in the folder, if it was of the same files."""
        self._files = files
        self._source = source
        self._folder = folder
        self._options = options
        self._transport = transport
        self._log = log
        self._stopped = threading.Event()
        self._journal = _Journal(folder, files, options.part_bytes)

    def adopt(self, folder: Path, intact: Sequence[StagedFile]) -> None:
        """Takes those files of another folder on the same disk that are the same here."""
        same = {(file.path, file.sha256) for file in intact}
        for file in self._files:
            if file.sha256 is None or file.path in self._journal.checked:
                continue
            if (file.path, file.sha256) in same:
                path = self._folder / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                os.link(folder / file.path, path)
                self._journal.right(file.path, file.sha256)

    def room_needed(self) -> int:
        """Bytes that the disk must still give."""
        paths = ((file.size, self._folder / file.path) for file in self._files)
        return sum(
            max(0, size - (path.stat().st_blocks * 512 if path.exists() else 0)) for size, path in paths
        )

    def reserve(self) -> None:
        """Makes every file as large as it will be, so that no other fetch is given the same room.

        Raises:
            OSError: there is no room.
        """
        for file in self._files:
            if file.path in self._journal.checked:
                continue
            path = self._folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                os.ftruncate(descriptor, file.size)
                if file.size > 0:
                    os.posix_fallocate(descriptor, 0, file.size)
            finally:
                os.close(descriptor)

    def run(self) -> list[StagedFile]:
        """Fetches what isn't there and checks every file; one that is wrong is fetched once more.

        Raises:
            Failure: the source refuses or doesn't answer, or a file is wrong again.
        """
        total = sum(file.size for file in self._files)
        there = total - sum(end - start for file in self._files for start, end in self._missing(file))
        if there:
            self._log.info("going on with a fetch that was cut off", bytes=there, totalBytes=total)
        self._progress = Progress(self._log, f"fetching from {self._source.name}", total, there)
        wrong: list[str] = []
        for _ in range(2):
            self._fetch()
            wrong = [file.path for file in self._files if file.path not in self._journal.checked]
            if not wrong:
                self._progress.end()
                return [
                    StagedFile(file.path, file.size, self._journal.checked[file.path]) for file in self._files
                ]
        names = ", ".join(sorted(wrong))
        raise Failure(
            Exit.DAMAGED,
            f"{names}: the checksum is wrong, also after fetching it again from {self._source.name}",
            "In a bucket: delete those objects and run the Job that stages the weights. From the hub: see "
            "whether a proxy or mirror on the way (HF_ENDPOINT) changes files",
        )

    def _missing(self, file: Wanted) -> list[tuple[int, int]]:
        if file.path in self._journal.checked:
            return []
        size = self._options.part_bytes
        starts = range(0, file.size, size)
        return [
            (start, min(start + size, file.size))
            for start in starts
            if (file.path, start) not in self._journal.parts
        ]

    def _fetch(self) -> None:
        with ThreadPoolExecutor(self._options.parallel) as pool:
            futures: list[Future[None]] = []
            for file in self._files:
                missing = self._missing(file)
                futures += [pool.submit(self._part, file, start, end) for start, end in missing]
                if not missing and file.path not in self._journal.checked:
                    futures.append(pool.submit(self._check, file))
            all_of(futures, self._stopped)

    def _part(self, file: Wanted, start: int, end: int) -> None:
        """Fetches one part; with its last part a file is checked."""
        descriptor = os.open(self._folder / file.path, os.O_WRONLY)

        def arrived(data: bytes, at: int) -> None:
            _write(descriptor, data, at)
            self._progress.add(len(data))

        try:
            whole = fetch_range(self._source, self._transport, file, (start, end), arrived, self._stopped)
        finally:
            os.close(descriptor)
        if whole and self._journal.arrived(file.path, start) == self._parts(file):
            self._check(file)

    def _parts(self, file: Wanted) -> int:
        return -(-file.size // self._options.part_bytes)

    def _check(self, file: Wanted) -> None:
        path = self._folder / file.path
        checksum, git = checksums(path, also_git=file.sha256 is None)
        expected, found = (file.git_sha1, git) if file.sha256 is None else (file.sha256, checksum)
        if found == expected:
            # On the disk before the journal says so: a marker must not outlive what it speaks of.
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
            self._journal.right(file.path, checksum)
            return
        self._log.warning("the checksum is wrong", path=file.path, expected=expected, found=found)
        self._journal.wrong(file.path)
        self._progress.add(-file.size)


def fetch_range(  # noqa: PLR0913, PLR0917 - what a range is fetched with
    source: Source,
    transport: Transport,
    file: Wanted,
    span: tuple[int, int],
    arrived: Callable[[bytes, int], None],
    stopped: threading.Event,
) -> bool:
    """Fetches a range of a file, and after a cut only its rest; False: it was stopped before."""
    reached, end = span

    def go_on() -> None:
        nonlocal reached
        if stopped.is_set():
            return
        body = source.open(file, reached, end)
        try:
            if body.status != _PARTIAL and not (body.status == _WHOLE and (reached, end) == (0, file.size)):
                raise Transient(f"{body.status} came where a part of the file was asked for")
            while reached < end and not stopped.is_set():
                data = body.read(min(_CHUNK, end - reached))
                if not data:
                    raise Transient("the file ended early")
                arrived(data, reached)
                reached += len(data)
        finally:
            body.close()

    transport.retrying(f"fetching {file.path}", go_on, stopped)
    return reached == end


def _write(descriptor: int, data: bytes, at: int) -> None:
    """Writes all of it; that a disk fails is nothing that asking the server again could mend."""
    left = memoryview(data)
    try:
        while left:
            left = left[os.pwrite(descriptor, left, at + len(data) - len(left)) :]
    except OSError as error:
        raise Failure(
            Exit.DISK,
            f"the weights can't be written: {error.strerror}",
            "Give the cache a larger volume, and see the disk's health",
        ) from error


def all_of(futures: Sequence[Future[T]], stopped: threading.Event) -> list[T]:
    """What they come to; the first that fails stops the others and is what is raised."""
    done, pending = wait(futures, return_when=FIRST_EXCEPTION)
    failed = next((error for future in done if (error := future.exception()) is not None), None)
    if failed is not None:
        stopped.set()
        for future in pending:
            future.cancel()
        raise failed
    return [future.result() for future in futures]
