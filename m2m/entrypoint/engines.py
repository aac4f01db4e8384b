"""What an engine is started with."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import NoReturn

from entrypoint.failures import Exit, Failure
from entrypoint.launch import Argument, Launch
from entrypoint.log import Log

_PROGRAMS = {"vllm": "vllm", "tgi": "text-generation-launcher"}
_WITH_VALUE = ("sharded",)
"""TGI's flags that take true or false; others are there or not.

Source: TGI 3.3.7, docs/source/reference/launcher.md.
"""
_NOT_FOR_ENGINES = ("HF_TOKEN", "HF_TOKEN_PATH")


def program(engine: str) -> str:
    """The engine's program in the image.

    Raises:
        Failure: it isn't there.
    """
    name = _PROGRAMS[engine]
    if which(name) is None:
        raise Failure(
            Exit.ENGINE,
            f"{name} is not in this image",
            f"Run it in the image of engine {engine}; its PATH is {os.environ.get('PATH', 'empty')}",
        )
    return name


def command(launch: Launch, model: str, config: Path) -> list[str]:
    """The engine's command line; vLLM's arguments are written to a file.

    vLLM reads `--config` as YAML, of which JSON is a part: true is `--flag`, false `--no-flag` where there is
    one, a list the flag's values, an object its JSON.
    Source: vLLM 0.33.0, utils/argparse_utils.py, load_config_file.

    Args:
        launch: what to start.
        model: directory of the weights, or where vLLM streams them from.
        config: file to write; vLLM wants .yaml.

    Raises:
        Failure: the file can't be written.
    """
    name = program(launch.engine)
    if launch.engine == "tgi":
        return [name, "--model-id", model, *_flags(launch.arguments)]
    text = json.dumps({"model": model, **launch.arguments}, indent=2) + "\n"
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(
            Exit.DISK,
            f"{config} can't be written: {error.strerror}",
            "Mount an emptyDir there, or name another file with --config",
        ) from error
    return [name, "serve", "--config", str(config)]


def _flags(arguments: Mapping[str, Argument]) -> list[str]:
    flags: list[str] = []
    for name, value in arguments.items():
        flag = f"--{name}"
        if isinstance(value, bool) and name not in _WITH_VALUE:
            flags += [flag] if value else []
        elif isinstance(value, list):
            flags += [flag, ",".join(map(_text, value))]
        else:
            flags += [flag, _text(value)]
    return flags


def _text(value: Argument) -> str:
    if isinstance(value, (bool, dict)):
        return json.dumps(value)
    return str(value)


def become(arguments: list[str], log: Log, *, offline: bool) -> NoReturn:
    """Becomes the engine, which keeps the process's id and so gets its signals.

    Args:
        arguments: its command line.
        log: where that is told.
        offline: all weights are there, and what would still ask the hub would do so unpinned.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_ENGINES}
    if offline:
        environment.setdefault("HF_HUB_OFFLINE", "1")
    log.info("starting the engine", command=arguments)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT):
        # What Python ignores or handles must not be what the engine starts with.
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(arguments[0], arguments, environment)  # noqa: S606 - the engine, without a shell
    except OSError as error:
        raise Failure(
            Exit.ENGINE, f"{arguments[0]} can't be started: {error.strerror}", "See the image's architecture"
        ) from error
