"""How a start ends when it can't go on: a kind, a message, what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes by kind, where there is one as in BSD's sysexits.h. docs/serving/weights.md lists them."""

    DESCRIPTION = 2
    """launch.json or stage.json is wrong: the same again will fail again."""
    DAMAGED = 65
    """The weights aren't what their manifest or the hub says, and fetching them again didn't help."""
    NO_WEIGHTS = 66
    """There are no weights where they should be."""
    UNREACHABLE = 69
    """The hub or S3 doesn't answer, or not with what was asked for, and retrying didn't help."""
    INTERNAL = 70
    """A bug of ours."""
    GPU = 71
    """The GPUs aren't what the plan counts on."""
    DISK = 73
    """No room, or no right to write."""
    ACCESS = 77
    """The hub or AWS refuses: a token, a licence, a role."""
    ENGINE = 127
    """The engine isn't in the image."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a description."""

    path: str
    value: str
    allowed: str


class Failure(Exception):  # noqa: N818 - it is what happened, not an error in the program
    """Why a start ends here."""

    def __init__(self, exit_code: Exit, message: str, todo: str, faults: Sequence[Fault] = ()) -> None:
        """Holds no secrets: all of it is logged."""
        super().__init__(message)
        self.exit_code = exit_code
        self.message = message
        self.todo = todo
        self.faults = tuple(faults)


class NotThere(Exception):  # noqa: N818 - the same
    """A server says that it doesn't have what was asked for; who asked knows what that means."""


class Transient(Exception):  # noqa: N818 - the same
    """What a retry may mend."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        """Takes how long the server wants to be left alone, in seconds."""
        super().__init__(message)
        self.wait = wait
