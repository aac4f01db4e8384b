"""The road from stage.json to weights in the bucket."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from entrypoint.hub import Hub
from entrypoint.log import Log
from entrypoint.main import add_fetch_options, fetch_options, run_to_end
from entrypoint.reading import COMMIT, MODEL, Reader, judged, read_object
from entrypoint.s3 import S3_URL, Bucket, Place, place
from entrypoint.transport import Transport
from stage.staging import Staging

_SECRET_NAME = re.compile(r"[a-z0-9][a-z0-9./-]{0,316}")
_LEAST_PART = 5 << 20
"""S3's smallest part but the last. Source: S3 user guide, "Amazon S3 multipart upload limits"."""
_FILES_AT_A_TIME = 4
"""Each holds a part in memory."""


@dataclass(frozen=True)
class Stage:
    """What to stage, as stage.json describes it."""

    model: str
    revision: str | None
    target: Place
    token_secret: str | None


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Stages and ends with 0, or with an exit code that says why not."""
    run_to_end(lambda log: _stage(_parser().parse_args(arguments), log))


def _stage(options: argparse.Namespace, log: Log) -> None:
    stage = read_stage(options.stage)
    transport = Transport(log, options.attempts)
    hub = Hub(stage.model, transport, log, stage.token_secret)
    bucket = Bucket(stage.target.bucket, transport, log)
    Staging(stage.target, hub, bucket, fetch_options(options), transport, log).run(stage.revision)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("stage", description=__doc__)
    parser.add_argument("--stage", type=Path, default="/etc/m2m/stage.json", help="default %(default)s")
    add_fetch_options(parser, parallel=_FILES_AT_A_TIME, least_part=_LEAST_PART)
    return parser


def read_stage(path: Path) -> Stage:
    """Reads and checks stage.json.

    Raises:
        Failure: with every fault, its path, its value and what is allowed.
    """
    fields = Reader(read_object(path))
    commit = "a commit of 40 hexadecimal digits"
    unpinned = fields.flag("allowUnpinned")
    model = fields.text("model", MODEL, "a Hugging Face id such as Qwen/Qwen3-8B")
    revision = (
        fields.optional_text("revision", COMMIT, commit)
        if unpinned
        else fields.text("revision", COMMIT, f"{commit}; null only with allowUnpinned")
    )
    target = fields.text("target", S3_URL, "s3://bucket/prefix")
    token_secret = fields.optional_text("tokenSecret", _SECRET_NAME, "the name of a Secret")
    fields.end()
    judged(path, fields.faults, None)
    return Stage(model, revision, place(target), token_secret)
