"""Reads the settings and says everything that is wrong with them at once: path, value, what is allowed."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import yaml
from pydantic import ValidationError

from adapter.settings import Config, Environment

SHOWN = 60
"""Characters of a wrong value that a message repeats."""


class FaultsError(Exception):
    """A file that cannot be used."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        """``faults`` in words fit for whoever wrote the file."""
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n  ".join([f"{path}: {count}", *faults]))


def read_yaml(path: Path) -> object:
    """What the file says; raises ``FaultsError`` where it cannot be read or is no YAML."""
    try:
        content: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsError(path, [getattr(error, "strerror", None) or "is not UTF-8"]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise FaultsError(path, [f"{where}{error.problem}"]) from error
    except yaml.YAMLError as error:
        raise FaultsError(path, ["has characters that YAML does not allow"]) from error
    return content


def load_config(path: Path) -> Config:
    """Read and check the settings."""
    content = read_yaml(path)
    faults: list[str] = []
    config: Config | None = None
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        faults += explain(error)
    # From the file and not from what it was parsed to, which is not there when anything else is wrong.
    faults += _references(content)
    if config is None or faults:
        raise FaultsError(path, faults)
    return config


def explain(error: ValidationError, *, values: bool = True) -> list[str]:
    """One line for each part that is wrong; without ``values`` where they are secret or a prompt."""
    lines = []
    for fault in error.errors(include_url=False, include_context=False):
        where = ".".join(str(part) for part in fault["loc"]) or "the whole"
        value = repr(fault["input"])
        shown = f" (is {value[:SHOWN]}{'...' if len(value) > SHOWN else ''})"
        lines.append(f"{where}: {fault['msg']}{shown if values and fault['type'] != 'missing' else ''}")
    return lines


def _references(content: object) -> Iterator[str]:
    """What names something that is not there, or something that is there already."""
    root = _mapping(content)
    upstreams, models, classes = (_mapping(root.get(key)) for key in ("upstreams", "models", "limits"))
    taken = {name: f"models.{name}" for name in models}
    for name, model in models.items():
        yield from _chain(f"models.{name}.upstreams", _strings(_mapping(model).get("upstreams")), upstreams)
        for index, alias in enumerate(_strings(_mapping(model).get("aliases"))):
            where = f"models.{name}.aliases.{index}"
            if alias in taken:
                yield f"{where}: {alias!r} is taken by {taken[alias]}"
            taken.setdefault(alias, where)
    for name, team in _mapping(root.get("teams")).items():
        limits = _mapping(team).get("limits", "default")
        if isinstance(limits, str) and limits not in {"default", *classes}:
            yield _unknown(f"teams.{name}.limits", limits, ["default", *classes])
        for index, model in enumerate(_strings(_mapping(team).get("models"))):
            if model not in models:
                yield _unknown(f"teams.{name}.models.{index}", model, models)


def _chain(where: str, chain: list[str], upstreams: Mapping[str, object]) -> Iterator[str]:
    for index, upstream in enumerate(chain):
        if upstream not in upstreams:
            yield _unknown(f"{where}.{index}", upstream, upstreams)
        elif upstream in chain[:index]:
            yield f"{where}.{index}: {upstream!r} is in the chain already"


def _unknown(where: str, value: str, known: Iterable[str]) -> str:
    return f"{where}: {value!r} is not there (known: {', '.join(known) or 'none'})"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def or_exit(path: Path | None = None) -> Config:
    """The settings, or the end of the process with code 2 and the reasons on standard error."""
    try:
        return load_config(path or Environment().config)
    except FaultsError as error:
        refuse(error)


def refuse(error: FaultsError) -> NoReturn:
    """End the process: what it was given cannot work."""
    sys.stderr.write(f"adapter: {error}\n")
    sys.exit(2)
