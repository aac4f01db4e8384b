"""The form in which a client is answered: OpenAI's or Ollama's."""

import json
from collections.abc import Mapping
from typing import Protocol

from adapter import sse
from adapter.call import Account
from adapter.errors import ApiError


class Dialect(Protocol):
    """How an answer in OpenAI's form, which every engine gives, reads for the client."""

    media_type: str
    """Of a stream."""

    def whole(self, body: Mapping[str, object], account: Account) -> dict[str, object]:
        """An answer that is not streamed."""
        ...

    def event(self, raw: bytes, content: Mapping[str, object]) -> bytes:
        """What an event becomes; nothing, where the client gets none."""
        ...

    def end(self, account: Account) -> bytes:
        """The last part of a stream that is whole."""
        ...

    def broken(self, error: ApiError) -> bytes:
        """The last part of one that is not."""
        ...

    def heartbeat(self) -> bytes:
        """Something that the client takes for nothing."""
        ...

    def served_by(self, model: str) -> bytes:
        """Which model serves, where the headers could not say it any more."""
        ...


def openai_error(error: ApiError) -> dict[str, object]:
    """OpenAI's error object."""
    return {
        "error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code},
    }


class OpenAI:
    """As the engine said it, to the byte."""

    media_type = "text/event-stream"

    def __init__(self, *, usage_wanted: bool) -> None:
        """``usage_wanted``: whether the client asked for a last event with the usage. We always do."""
        self._usage_wanted = usage_wanted

    def whole(self, body: Mapping[str, object], account: Account) -> dict[str, object]:  # noqa: ARG002
        """As it is."""
        return dict(body)

    def event(self, raw: bytes, content: Mapping[str, object]) -> bytes:
        """As it is, but for the event with the usage alone."""
        if not self._usage_wanted and content.get("usage") and not content.get("choices"):
            return b""
        return raw

    def end(self, account: Account) -> bytes:  # noqa: ARG002
        """OpenAI's last event."""
        return sse.event_of(sse.DONE.decode())

    def broken(self, error: ApiError) -> bytes:
        """An error object as an event: OpenAI's clients raise it. No ``[DONE]`` follows."""
        return sse.event_of(json.dumps(openai_error(error)))

    def heartbeat(self) -> bytes:
        """A comment."""
        return sse.comment("keep-alive")

    def served_by(self, model: str) -> bytes:
        """A comment; each event says it too."""
        return sse.comment(f"served by {model}")
