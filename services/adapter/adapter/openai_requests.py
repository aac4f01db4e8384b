"""Requests in OpenAI's form: what this service reads is checked, the rest is the engine's to judge."""

from collections.abc import Iterator
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapter.call import Call, Endpoint
from adapter.errors import InvalidRequestError
from adapter.load import explain
from adapter.settings import Limits

CHARACTERS_PER_TOKEN = 4
"""English prose has 4 to 5 in today's vocabularies, code and other languages fewer; the usage settles it."""

_MEDIA = ("image_url", "video_url", "audio_url")
_NO_TEXT = frozenset({*_MEDIA, "role", "type", "id", "tool_call_id"})
_OTHER_LIMITS = ("n_predict", "max_new_tokens")
"""llama.cpp's and TGI's own names for the limit: beside OpenAI's, they would be the way around it."""

Positive = Annotated[int, Field(ge=1)]


T = TypeVar("T", bound=BaseModel)


class _Read(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class StreamOptions(_Read):
    """Options of a stream."""

    include_usage: bool | None = None


class _Generation(_Read):
    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Positive | None = None
    n: Positive | None = None

    @property
    def usage_wanted(self) -> bool:
        """Whether the stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


class ChatRequest(_Generation):
    """A chat."""

    messages: Annotated[list[dict[str, object]], Field(min_length=1)]
    max_completion_tokens: Positive | None = None
    tools: list[dict[str, object]] | None = None


class CompletionRequest(_Generation):
    """A text to go on with, or several; as text or as tokens."""

    prompt: str | list[str] | list[int] | list[list[int]]
    best_of: Positive | None = None


class EmbeddingRequest(_Read):
    """A text to embed, or several; as text or as tokens."""

    model: str
    input: str | Annotated[list[str] | list[int] | list[list[int]], Field(min_length=1)]


def read(kind: type[T], body: dict[str, object]) -> T:
    """The request in ``body``; raises ``InvalidRequestError`` with everything that is wrong."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]["loc"]
        raise InvalidRequestError(
            "; ".join(explain(error, values=False)), param=str(first[0]) if first else None
        ) from error


def chat_call(body: dict[str, object], request: ChatRequest, limits: Limits) -> Call:
    """The call that a chat is."""
    _check_media(request.messages)
    prompt = _text_tokens([request.messages, request.tools or []], limits)
    asked = {"max_completion_tokens": request.max_completion_tokens, "max_tokens": request.max_tokens}
    given = _tokens(body, asked, limits)
    return _generation(Endpoint.CHAT, body | given, limits, prompt, request.n or 1)


def completion_call(body: dict[str, object], request: CompletionRequest, limits: Limits) -> Call:
    """The call that a completion is."""
    prompt = request.prompt
    several = len(prompt) if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int) else 1
    choices = max(request.n or 1, request.best_of or 1) * several
    tokens = _text_tokens(prompt, limits)
    given = _tokens(body, {"max_tokens": request.max_tokens}, limits)
    return _generation(Endpoint.COMPLETIONS, body | given, limits, tokens, choices)


def embedding_call(body: dict[str, object], request: EmbeddingRequest, limits: Limits) -> Call:
    """The call that embedding is."""
    texts = request.input
    several = len(texts) if isinstance(texts, list) and not isinstance(texts[0], int) else 1
    if several > limits.inputs:
        raise InvalidRequestError(f"{several} texts are more than {limits.inputs}.", param="input")
    tokens = _text_tokens(texts, limits)
    return Call(Endpoint.EMBEDDINGS, body, stream=False, prompt_estimate=tokens, reserved=tokens)


def _tokens(body: dict[str, object], asked: dict[str, int | None], limits: Limits) -> dict[str, int]:
    """How many tokens to generate at most: as asked, where that may be, else what a team gets by default."""
    for name in _OTHER_LIMITS:
        if name in body:
            raise InvalidRequestError("Not known here: use max_tokens.", param=name)
    given = {name: tokens for name, tokens in asked.items() if tokens is not None}
    for name, tokens in given.items():
        if tokens > limits.max_tokens:
            raise InvalidRequestError(f"{tokens} is more than {limits.max_tokens}.", param=name)
    return given or {"max_tokens": min(limits.default_max_tokens, limits.max_tokens)}


def _generation(
    endpoint: Endpoint, payload: dict[str, object], limits: Limits, prompt: int, choices: int
) -> Call:
    if choices > limits.choices:
        raise InvalidRequestError(f"{choices} choices are more than {limits.choices}.", param="n")
    stream = payload.get("stream") is True
    if stream:
        options = payload.get("stream_options")
        payload["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    tokens = [
        payload[name] for name in ("max_completion_tokens", "max_tokens") if payload.get(name) is not None
    ]
    most = max(value for value in tokens if isinstance(value, int))
    return Call(endpoint, payload, stream, prompt_estimate=prompt, reserved=prompt + most * choices)


def _text_tokens(value: object, limits: Limits) -> int:
    characters = sum(_characters(value))
    if characters > limits.prompt_characters:
        raise InvalidRequestError(
            f"{characters} characters of text are more than {limits.prompt_characters}.",
            code="prompt_too_long",
        )
    return -(-characters // CHARACTERS_PER_TOKEN)


def _characters(value: object) -> Iterator[int]:
    """Lengths of all texts in ``value``; a token counts as the characters that it stands for."""
    if isinstance(value, str):
        yield len(value)
    elif isinstance(value, int):
        yield CHARACTERS_PER_TOKEN
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NO_TEXT:
                yield from _characters(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _characters(inner)


def _check_media(messages: list[dict[str, object]]) -> None:
    """Engines fetch what a URL names, from inside the cluster: only media in the request itself may pass."""
    for message in messages:
        parts = message.get("content")
        for part in parts if isinstance(parts, list) else []:
            for kind in _MEDIA:
                given = part.get(kind) if isinstance(part, dict) else None
                url = given.get("url") if isinstance(given, dict) else given
                if url is not None and not str(url).startswith("data:"):
                    raise InvalidRequestError(
                        "Media must be data: URLs.", param="messages", code="remote_media"
                    )
