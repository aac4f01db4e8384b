"""Reads a description in JSON and collects all that is wrong with it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from entrypoint.failures import Exit, Failure, Fault

T = TypeVar("T")
_MISSING = object()
_LONGEST_SHOWN = 60

MODEL = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
COMMIT = re.compile(r"[0-9a-f]{40}")


def read_object(path: Path) -> dict[str, object]:
    """A file's JSON object.

    Raises:
        Failure: there is none.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise Failure(
            Exit.DESCRIPTION, f"{path} can't be read: {reason}", "Mount the ConfigMap with it there"
        ) from error
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise Failure(Exit.DESCRIPTION, f"{path} can't be read as JSON: {error}", "Mend it") from error
    if not isinstance(fields, dict):
        raise Failure(Exit.DESCRIPTION, f"{path} holds {_shown(fields)}: an object is expected", "Mend it")
    return fields


class Reader:
    """Takes fields out of an object; what is wrong is noted, and a default goes on in its place."""

    def __init__(
        self, fields: Mapping[str, object], path: str = "", faults: list[Fault] | None = None
    ) -> None:
        """Takes where in the description it is."""
        self._fields = fields
        self._path = path
        self._taken: set[str] = set()
        self.faults: list[Fault] = [] if faults is None else faults

    def fault(self, name: str, value: object, allowed: str) -> None:
        """Notes that a field is wrong."""
        shown = "missing" if value is _MISSING else _shown(value)
        self.faults.append(Fault(f"{self._path}{name}", shown, allowed))

    def _take(self, name: str) -> object:
        self._taken.add(name)
        return self._fields.get(name, _MISSING)

    def text(self, name: str, pattern: re.Pattern[str], allowed: str) -> str:
        """A text of a form."""
        value = self._take(name)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.fault(name, value, allowed)
        return ""

    def optional_text(self, name: str, pattern: re.Pattern[str], allowed: str) -> str | None:
        """The same, or null, or not there."""
        if self._take(name) in (None, _MISSING):
            return None
        return self.text(name, pattern, f"{allowed}, or null")

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        """One of some words."""
        return self.text(name, re.compile("|".join(map(re.escape, choices))), f"one of {', '.join(choices)}")

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number; where it isn't there or null, the default if there is one."""
        value = self._take(name)
        if value in (None, _MISSING) and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.fault(name, value, f"a whole number from {least} to {most}")
        return least

    def flag(self, name: str) -> bool:
        """True or false; false where it isn't there."""
        value = self._take(name)
        if isinstance(value, bool):
            return value
        if value is not _MISSING:
            self.fault(name, value, "true or false")
        return False

    def inner(self, name: str) -> "Reader":
        """An object in it."""
        value = self._take(name)
        if not isinstance(value, dict):
            self.fault(name, value, "an object")
            return Reader({}, f"{self._path}{name}.", [])
        return Reader(value, f"{self._path}{name}.", self.faults)

    def items(self) -> list[tuple[str, object]]:
        """All fields, whatever their names."""
        self._taken.update(self._fields)
        return list(self._fields.items())

    def end(self) -> None:
        """Notes fields that nobody took."""
        for name in self._fields:
            if name not in self._taken:
                self.fault(name, self._fields[name], f"not there; known are {', '.join(sorted(self._taken))}")


def judged(path: Path, faults: list[Fault], result: T) -> T:
    """What was read, if nothing is wrong with it.

    Raises:
        Failure: with every fault.
    """
    if not faults:
        return result
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    raise Failure(
        Exit.DESCRIPTION,
        f"{path} has {count}",
        "Mend them where it is made: the plan writes it, so a fault in it is a fault of the plan",
        faults,
    )


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
