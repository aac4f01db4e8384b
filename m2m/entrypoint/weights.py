"""Finds a model's weights in the cache, or fetches them there from S3 or the hub."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from entrypoint.cache import Cache, Found
from entrypoint.download import Download, Options
from entrypoint.failures import Exit, Failure, NotThere
from entrypoint.files import MANIFEST, BadManifestError, Manifest, Source, Wanted, read_manifest
from entrypoint.hub import Hub, HubSource
from entrypoint.launch import HUB, Launch
from entrypoint.log import Log
from entrypoint.s3 import Bucket, Place, S3Source, place
from entrypoint.selection import needed
from entrypoint.transport import Transport


@dataclass(frozen=True)
class Settings:
    """How weights are fetched."""

    options: Options
    keep_free: float
    """Share of the cache's disk that stays free."""


@dataclass(frozen=True)
class _Offer:
    """What a source has of a model."""

    revision: str
    files: list[Wanted]
    source: Source


def engine_model(launch: Launch, settings: Settings, transport: Transport, log: Log) -> str:
    """What the engine loads: a directory with all of the model in it, or the place that it streams from.

    Raises:
        Failure: the weights are nowhere, damaged, refused or don't fit.
    """
    if launch.weights.directory is None:
        at = place(launch.weights.source)
        _staged(launch, at, Bucket(at.bucket, transport, log))
        return at.url()
    _find_or_fetch(launch, launch.weights.directory, settings, transport, log)
    return str(launch.weights.directory)


def _find_or_fetch(
    launch: Launch, directory: Path, settings: Settings, transport: Transport, log: Log
) -> None:
    cache = Cache(directory, log)
    cache.use()
    if _is_it(launch, cache.look(), log):
        return
    with cache.fetching():
        # Another pod may have fetched it while this one waited.
        found = cache.look()
        if _is_it(launch, found, log):
            return
        offer = _offer(launch, transport, log)
        download = Download(offer.files, offer.source, cache.partial, settings.options, transport, log)
        if found is not None:
            download.adopt(directory, found.intact)
        cache.make_room(download, settings.keep_free)
        files = download.run()
        cache.finish(Manifest(launch.model, offer.revision, tuple(files)))


def _is_it(launch: Launch, found: Found | None, log: Log) -> bool:
    """Whether what was found is the model, whole, at the right revision."""
    if found is None:
        log.info("the cache doesn't have the model", model=launch.model)
        return False
    manifest = found.manifest
    if manifest.model != launch.model:
        raise Failure(
            Exit.DESCRIPTION,
            f"{launch.weights.directory} holds {manifest.model}, not {launch.model}",
            "Give each model a directory of its own",
        )
    if launch.revision not in (None, manifest.revision):
        log.info("the cache has another revision", wanted=launch.revision, found=manifest.revision)
        return False
    if not found.is_whole:
        return False
    log.info("the cache has the model", model=launch.model, revision=manifest.revision, bytes=manifest.size)
    return True


def _offer(launch: Launch, transport: Transport, log: Log) -> _Offer:
    if launch.weights.source == HUB:
        hub = Hub(launch.model, transport, log, launch.weights.token_secret)
        revision = launch.revision or _newest(hub, log)
        return _Offer(revision, needed(launch.model, hub.files(revision)), HubSource(hub, revision))
    at = place(launch.weights.source)
    bucket = Bucket(at.bucket, transport, log)
    manifest = _staged(launch, at, bucket)
    return _Offer(manifest.revision, [file.wanted for file in manifest.files], S3Source(at, bucket))


def _newest(hub: Hub, log: Log) -> str:
    revision = hub.newest()
    log.warning("no revision is pinned: another start may serve other weights", revision=revision)
    return revision


def _staged(launch: Launch, at: Place, bucket: Bucket) -> Manifest:
    """The manifest in the bucket, if it is the model's."""
    manifest = staged_manifest(at, lambda: bucket.read(at.key(MANIFEST)))
    if manifest.model != launch.model:
        raise Failure(
            Exit.NO_WEIGHTS,
            f"{at.url()} holds {manifest.model}, not {launch.model}",
            "Stage each model under a prefix of its own",
        )
    if launch.revision not in (None, manifest.revision):
        raise Failure(
            Exit.NO_WEIGHTS,
            f"{at.url()} holds revision {manifest.revision}, not {launch.revision}",
            "Stage that revision, under a prefix of its own",
        )
    return manifest


def staged_manifest(at: Place, read: Callable[[], bytes]) -> Manifest:
    """The manifest of weights in a bucket.

    Raises:
        Failure: there is none that can be relied on.
    """
    try:
        return read_manifest(read())
    except NotThere as missing:
        raise Failure(
            Exit.NO_WEIGHTS,
            f"{at.url(MANIFEST)} isn't there ({missing}): the weights weren't staged, or staging didn't end",
            "Run the Job that stages them, and see how it ended",
        ) from missing
    except BadManifestError as error:
        raise Failure(
            Exit.DAMAGED, f"{at.url(MANIFEST)} {error}", "Delete it and run the Job that stages the weights"
        ) from error
