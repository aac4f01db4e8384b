"""Server-sent events (WHATWG HTML, section 9.2) as engines send them: split, looked into, not changed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

DONE = b"[DONE]"
LARGEST = 8 * 2**20
"""Bytes of one event. An engine that sends more is broken, and its answer must not fill the memory."""


class MalformedError(Exception):
    """The engine sends something else than events."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    raw: bytes
    """As it came, with the blank line that ends it."""
    content: dict[str, object] | None
    """The object in it; nothing in OpenAI's last event, which says that the stream is whole."""


def parse_object(text: bytes) -> dict[str, object]:
    """The JSON object in ``text``; raises ``MalformedError``."""
    try:
        value: object = json.loads(text)
    except ValueError as error:
        raise MalformedError("no JSON") from error
    if not isinstance(value, dict):
        raise MalformedError("no JSON object")
    return value


class EventSplitter:
    """Takes bytes as they come and gives the events that are complete; raises ``MalformedError``."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._rest = b""

    def feed(self, received: bytes) -> Iterator[Event]:
        """The events that ``received`` completes. Comments are dropped: they are the engine's to us."""
        text = self._rest + received
        # A carriage return at the end may be half of a line's end.
        held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(held)]
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *complete, rest = text.split(b"\n\n")
        self._rest = rest + held
        if len(self._rest) > LARGEST:
            raise MalformedError(f"an event of more than {LARGEST} bytes")
        for block in complete:
            lines = [_value(line) for line in block.split(b"\n") if line.startswith(b"data")]
            if lines:
                data = b"\n".join(lines)
                content = None if data == DONE else parse_object(data)
                yield Event(raw=block.lstrip(b"\n") + b"\n\n", content=content)


def _value(line: bytes) -> bytes:
    return line.partition(b":")[2].removeprefix(b" ")


def event_of(data: str) -> bytes:
    """An event with ``data`` in it."""
    return b"".join(b"data: " + line + b"\n" for line in data.encode().split(b"\n")) + b"\n"


def comment(text: str) -> bytes:
    """Something that clients skip and proxies take for life."""
    return f": {text}\n\n".encode()
