"""The road from launch.json to a running engine."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from entrypoint.download import Options
from entrypoint.engines import become, command, program
from entrypoint.failures import Exit, Failure
from entrypoint.gpus import check_gpus
from entrypoint.launch import read_launch
from entrypoint.log import Log
from entrypoint.transport import Transport
from entrypoint.weights import Settings, engine_model

_LEAST_PART = 1 << 20


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Becomes the engine, or ends with an exit code that says why not."""
    run_to_end(lambda log: _launch(_parser().parse_args(arguments), log))


def _launch(options: argparse.Namespace, log: Log) -> None:
    launch = read_launch(options.launch)
    # What fails at once comes before what takes minutes.
    program(launch.engine)
    check_gpus(launch.hardware, log)
    settings = Settings(fetch_options(options), options.keep_free_percent / 100)
    model = engine_model(launch, settings, Transport(log, options.attempts), log)
    become(command(launch, model, options.config), log, offline=launch.weights.directory is not None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("entrypoint", description=__doc__)
    parser.add_argument("--launch", type=Path, default="/etc/m2m/launch.json", help="default %(default)s")
    config = Path(tempfile.gettempdir(), "m2m", "vllm.yaml")
    parser.add_argument("--config", type=Path, default=config, help="written for vLLM; default %(default)s")
    parser.add_argument(
        "--keep-free-percent",
        type=percent,
        default=1.0,
        help="of the cache's disk; above kubelet's eviction threshold if it shares it; default %(default)s",
    )
    add_fetch_options(parser)
    return parser


def add_fetch_options(
    parser: argparse.ArgumentParser, *, parallel: int = Options.parallel, least_part: int = _LEAST_PART
) -> None:
    """Options of everything that fetches."""
    parser.add_argument("--parallel", type=at_least(1), default=parallel, help="default %(default)s")
    parser.add_argument(
        "--part-bytes",
        type=at_least(least_part),
        default=Options.part_bytes,
        help="what one request fetches; default %(default)s",
    )
    parser.add_argument(
        "--attempts", type=at_least(1), default=8, help="tries of each request; default %(default)s"
    )


def fetch_options(options: argparse.Namespace) -> Options:
    """The same, parsed."""
    return Options(options.parallel, options.part_bytes)


def at_least(least: int) -> Callable[[str], int]:
    """A whole number from some number on, for argparse."""

    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text}: {least} or more is expected")
        return int(text)

    return number


def percent(text: str) -> float:
    """A share from 0 up to 100, for argparse."""
    number = float(text)
    if not 0 <= number < 100:  # noqa: PLR2004 - percent
        raise argparse.ArgumentTypeError(f"{text}: a share from 0 to under 100 is expected")
    return number


def run_to_end(work: Callable[[Log], None]) -> NoReturn:
    """Does it, logs how it ends, and ends the process with the code that says so."""
    log = Log()
    for number in (signal.SIGTERM, signal.SIGINT):
        # A process with id 1 ignores signals that it doesn't handle.
        signal.signal(number, _stop(log))
    try:
        work(log)
    except Failure as failure:
        faults = [vars(fault) for fault in failure.faults]
        more = {"faults": faults} if faults else {}
        log.error(
            failure.message,
            todo=failure.todo,
            kind=failure.exit_code.name.lower().replace("_", "-"),
            exitCode=int(failure.exit_code),
            **more,
        )
        _end(failure.exit_code)
    except Exception as error:  # noqa: BLE001 - the last place that can tell of it
        log.error(f"a bug: {type(error).__name__}: {error}", **_bug(error))
        _end(Exit.INTERNAL)
    _end(0)


def _end(code: int) -> NoReturn:
    """Ends at once: threads that still wait for a server have nothing more to say."""
    sys.stdout.flush()
    os._exit(code)


def _bug(error: BaseException) -> dict[str, object]:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = None if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return {
        "at": where,
        "todo": "Report it with this line",
        "kind": "internal",
        "exitCode": int(Exit.INTERNAL),
    }


def _stop(log: Log) -> Callable[[int, FrameType | None], None]:
    def stop(number: int, _: FrameType | None) -> None:
        # What was fetched so far may be cut off anywhere: the next start goes on with it.
        log.info("stopped by a signal", signal=signal.Signals(number).name, exitCode=128 + number)
        os._exit(128 + number)

    return stop
