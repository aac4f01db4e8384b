"""Copies a model's files from the hub to the bucket; the manifest comes last."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

from entrypoint.download import Options, all_of, fetch_range
from entrypoint.failures import Exit, Failure, NotThere
from entrypoint.files import MANIFEST, BadManifestError, Manifest, StagedFile, Wanted, read_manifest
from entrypoint.hub import Hub, HubSource
from entrypoint.log import Log, Progress
from entrypoint.s3 import Bucket, Place
from entrypoint.selection import needed
from entrypoint.transport import Transport
from stage.uploads import Held, Upload, Writer


class Staging:
    """One run."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a run is made of
        self,
        target: Place,
        hub: Hub,
        bucket: Bucket,
        options: Options,
        transport: Transport,
        log: Log,
    ) -> None:
        """Takes from where, to where, and with what."""
        self._target = target
        self._hub = hub
        self._bucket = bucket
        self._options = options
        self._transport = transport
        self._log = log
        self._writer = Writer(bucket, transport)
        self._stopped = threading.Event()

    def run(self, revision: str | None) -> None:
        """Stages a revision, or where it is None the newest, once.

        Raises:
            Failure: the hub or S3 refuses or doesn't answer, or the target holds something else.
        """
        staged = self._staged()
        if staged is not None:
            self._must_be_ours(staged, revision)
            if self._is_whole(staged):
                self._log.info(
                    "nothing to do: all of it is staged", revision=staged.revision, bytes=staged.size
                )
                return
        commit = revision or (staged.revision if staged is not None else self._newest())
        files = needed(self._hub.model, self._hub.files(commit))
        source = HubSource(self._hub, commit)
        total = sum(file.size for file in files)
        self._log.info("staging", model=self._hub.model, revision=commit, files=len(files), bytes=total)
        self._progress = Progress(self._log, f"staging to {self._target.url()}", total, 0)
        with ThreadPoolExecutor(self._options.parallel) as pool:
            futures = [pool.submit(self._stage, file, source) for file in files]
            done = all_of(futures, self._stopped)
        manifest = Manifest(self._hub.model, commit, tuple(done))
        self._writer.put(self._target.key(MANIFEST), manifest.text())
        self._progress.end()
        self._log.info("staged", target=self._target.url(), revision=commit, bytes=manifest.size)

    def _newest(self) -> str:
        commit = self._hub.newest()
        self._log.warning("no revision is pinned: this one is the newest now", revision=commit)
        return commit

    def _staged(self) -> Manifest | None:
        try:
            return read_manifest(self._bucket.read(self._target.key(MANIFEST)))
        except NotThere:
            return None
        except BadManifestError as error:
            self._log.warning(f"{self._target.url(MANIFEST)} {error}: it is written anew")
            return None

    def _must_be_ours(self, staged: Manifest, revision: str | None) -> None:
        if staged.model == self._hub.model and revision in (None, staged.revision):
            return
        raise Failure(
            Exit.DESCRIPTION,
            f"{self._target.url()} holds {staged.model} at {staged.revision}, which pods may be reading",
            "Stage each model and each revision under a prefix of its own",
        )

    def _is_whole(self, staged: Manifest) -> bool:
        with ThreadPoolExecutor(self._options.parallel) as pool:
            held = list(pool.map(lambda file: self._writer.held(self._target.key(file.path)), staged.files))
        pairs = zip(staged.files, held, strict=True)
        return all(each is not None and _is_same(file.wanted, each) for file, each in pairs)

    def _stage(self, file: Wanted, source: HubSource) -> StagedFile:
        key = self._target.key(file.path)
        held = self._writer.held(key)
        if held is not None and held.sha256 is not None and _is_same(file, held):
            self._progress.add(file.size)
            return StagedFile(file.path, file.size, held.sha256)
        if file.size <= self._options.part_bytes:
            body = self._read(file, source, 0, file.size)
            sums = _Sums(file)
            sums.add(body)
            self._judge(file, sums)
            self._writer.put(key, body, sums.sha256, file.git_sha1)
            return StagedFile(file.path, file.size, sums.sha256)
        return self._stage_in_parts(file, source, key)

    def _stage_in_parts(self, file: Wanted, source: HubSource, key: str) -> StagedFile:
        upload = self._resumable(file, key) or self._writer.begin(key, file.sha256, file.git_sha1)
        sums = _Sums(file)
        starts = range(0, file.size, self._options.part_bytes)
        for number, start in enumerate(starts, 1):
            data = self._read(file, source, start, min(start + self._options.part_bytes, file.size))
            sums.add(data)
            self._writer.send_part(upload, number, data)
        try:
            self._judge(file, sums)
        except Failure:
            self._writer.abort(upload)
            raise
        self._writer.complete(upload, len(starts))
        return StagedFile(file.path, file.size, sums.sha256)

    def _resumable(self, file: Wanted, key: str) -> Upload | None:
        """An upload that an earlier run left. Its parts count only if they hold the same bytes."""
        upload = self._writer.resume(key)
        if upload is None:
            return None
        if file.sha256 is None:
            # Its metadata would lack the checksum that is known only at the end.
            self._writer.abort(upload)
            return None
        self._log.info("going on with an upload that was cut off", path=file.path, parts=len(upload.parts))
        return upload

    def _read(self, file: Wanted, source: HubSource, start: int, end: int) -> bytes:
        data = bytearray()

        def arrived(chunk: bytes, _: int) -> None:
            data.extend(chunk)
            self._progress.add(len(chunk))

        whole = fetch_range(source, self._transport, file, (start, end), arrived, self._stopped)
        if not whole:
            raise Failure(Exit.UNREACHABLE, "stopped because another file failed", "See that one")
        return bytes(data)

    def _judge(self, file: Wanted, sums: "_Sums") -> None:
        if sums.are_right:
            return
        raise Failure(
            Exit.DAMAGED,
            f"{file.path}: the checksum is wrong; the hub says {file.sha256 or file.git_sha1}",
            "Run it again; if it stays so, a proxy or mirror on the way (HF_ENDPOINT) changes files",
        )


class _Sums:
    """Checksums of a file as its bytes go by."""

    def __init__(self, file: Wanted) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._git = hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)

    def add(self, data: bytes) -> None:
        self._sha256.update(data)
        if self._file.sha256 is None:
            self._git.update(data)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def are_right(self) -> bool:
        if self._file.sha256 is not None:
            return self.sha256 == self._file.sha256
        return self._git.hexdigest() == self._file.git_sha1


def _is_same(file: Wanted, held: Held) -> bool:
    known = held.sha256 == file.sha256 if file.sha256 is not None else held.git_sha1 == file.git_sha1
    return known and held.size == file.size
