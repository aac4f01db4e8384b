"""Weights where an image has them, for an entrypoint that finds them there and fetches nothing."""

import argparse
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from entrypoint.cache import Cache
from entrypoint.failures import Exit, Failure
from entrypoint.files import MARKER
from entrypoint.launch import HUB, Hardware, Launch, Weights
from entrypoint.log import Log
from entrypoint.main import add_fetch_options, fetch_options, run_to_end
from entrypoint.reading import COMMIT, MODEL
from entrypoint.transport import Transport
from entrypoint.weights import Settings, engine_model

_KEEP_FREE = 0.01


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Fetches and ends with 0, or with an exit code that says why not."""
    run_to_end(lambda log: _bake(_parser().parse_args(arguments), log))


def _bake(options: argparse.Namespace, log: Log) -> None:
    directory: Path = options.directory
    weights = Weights(directory, HUB, None)
    launch = Launch(options.model, options.revision, "vllm", weights, Hardware(0, 0, (0, 0)), {})
    settings = Settings(fetch_options(options), _KEEP_FREE)
    engine_model(launch, settings, Transport(log, options.attempts), log)
    found = Cache(directory, log).look()
    if found is None or not found.is_whole:
        raise Failure(Exit.DAMAGED, f"{directory} isn't whole after the fetch", "Report it with these lines")
    # Of this machine: times change in an image, and nobody else uses that cache.
    (directory / MARKER).unlink(missing_ok=True)
    shutil.rmtree(directory.parent / ".m2m", ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("bake", description=__doc__)
    parser.add_argument("--model", type=_like(MODEL, "a Hugging Face id"), required=True)
    parser.add_argument("--revision", type=_like(COMMIT, "a commit of 40 hexadecimal digits"), required=True)
    parser.add_argument("--directory", type=Path, required=True, help="such as /opt/models/name")
    add_fetch_options(parser)
    return parser


def _like(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def text(value: str) -> str:
        if pattern.fullmatch(value) is None:
            raise argparse.ArgumentTypeError(f"{value}: {what} is expected")
        return value

    return text
