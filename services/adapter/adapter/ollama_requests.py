"""Requests in Ollama's form, and what they are in OpenAI's (Ollama's docs/api.md and api/types.go)."""

import base64
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from adapter.errors import InvalidRequestError

_SIGNATURES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp", b"GIF8": "gif"}

_LOADING = (
    "num_keep", "num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict",
)  # fmt: skip
"""Options that say how a model is loaded. Clients send them by habit; here the platform's plan says it."""


class _Read(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Options(_Read):
    """How to generate. An option that no engine would heed is refused, not forgotten."""

    model_config = ConfigDict(extra="ignore")

    num_predict: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None
    stop: list[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repeat_penalty: float | None = None


class FunctionCall(_Read):
    """A call of a tool: its arguments are an object, in OpenAI's form they are text."""

    model_config = ConfigDict(extra="ignore")

    name: str
    arguments: dict[str, object] = {}


class ToolCall(_Read):
    """What a model asked for."""

    model_config = ConfigDict(extra="ignore")

    id: str | None = None
    function: FunctionCall


class Message(_Read):
    """A message of a chat."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    thinking: str | None = None
    images: list[str] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None


class _Generation(_Read):
    model: str
    stream: bool | None = None
    """True where it is not given."""
    format: Literal["", "json"] | dict[str, object] | None = None
    options: dict[str, object] | None = None
    keep_alive: object = None
    """Not heeded: models stay loaded."""
    think: bool | Literal["low", "medium", "high"] | None = None


class ChatRequest(_Generation):
    """``/api/chat``."""

    messages: list[Message] = []
    tools: list[dict[str, object]] | None = None


class GenerateRequest(_Generation):
    """``/api/generate``."""

    prompt: str = ""
    system: str | None = None
    suffix: str | None = None
    images: list[str] | None = None
    raw: bool | None = None
    """Without the model's template: the engine gets the prompt as it is."""


class EmbedRequest(_Read):
    """``/api/embed``."""

    model: str
    input: str | Annotated[list[str], Field(min_length=1)]
    dimensions: int | None = None
    truncate: bool | None = None
    options: dict[str, object] | None = None
    keep_alive: object = None


class OldEmbedRequest(_Read):
    """``/api/embeddings``, which ``/api/embed`` replaced."""

    model: str
    prompt: str
    options: dict[str, object] | None = None
    keep_alive: object = None


def chat_body(request: ChatRequest) -> dict[str, object]:
    """The chat in OpenAI's form."""
    body = _generation(request)
    body["messages"] = _messages(request.messages)
    if request.tools:
        body["tools"] = request.tools
    return body


def generate_body(request: GenerateRequest) -> dict[str, object]:
    """The prompt as a chat, so that the engine applies the model's template as Ollama would."""
    system = [Message(role="system", content=request.system)] if request.system else []
    user = Message(role="user", content=request.prompt, images=request.images)
    return {**_generation(request), "messages": _messages([*system, user])}


def raw_body(request: GenerateRequest) -> dict[str, object]:
    """The prompt as it is, or the text before and after a gap."""
    for name in ("images", "system", "think"):
        if getattr(request, name):
            raise InvalidRequestError(
                "Not with raw or suffix: there is no template to put it in.", param=name
            )
    body = {**_generation(request), "prompt": request.prompt}
    return {**body, "suffix": request.suffix} if request.suffix else body


def embed_body(request: EmbedRequest) -> dict[str, object]:
    """The texts in OpenAI's form."""
    body: dict[str, object] = {"model": request.model, "input": request.input, "encoding_format": "float"}
    return body if request.dimensions is None else {**body, "dimensions": request.dimensions}


def _generation(request: _Generation) -> dict[str, object]:
    body: dict[str, object] = {"model": request.model, "stream": request.stream is not False}
    body |= _options(request.options or {})
    if request.format == "json":
        body["response_format"] = {"type": "json_object"}
    elif isinstance(request.format, dict):
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.format, "strict": True},
        }
    if isinstance(request.think, bool):
        body["chat_template_kwargs"] = {"enable_thinking": request.think}
    elif request.think is not None:
        body["reasoning_effort"] = request.think
    return body


def _options(given: dict[str, object]) -> dict[str, object]:
    unknown = [name for name in given if name not in Options.model_fields and name not in _LOADING]
    if unknown:
        known = ", ".join(Options.model_fields)
        raise InvalidRequestError(
            f"Unknown options: {', '.join(unknown)[:128]} (known: {known}).", param="options"
        )
    body = Options.model_validate(given).model_dump(exclude_none=True)
    # Below 0 is "until it ends", as when it is not given; and in vLLM's words, a repetition is penalized.
    limit = body.pop("num_predict", -1)
    penalty = body.pop("repeat_penalty", None)
    body |= {"max_tokens": limit} if limit > 0 else {}
    return body if penalty is None else {**body, "repetition_penalty": penalty}


def _messages(messages: list[Message]) -> list[dict[str, object]]:
    """In OpenAI's form a tool's answer names the call: by order where Ollama's does not."""
    result: list[dict[str, object]] = []
    open_calls: list[str] = []
    for number, message in enumerate(messages):
        said: dict[str, object] = {"role": message.role, "content": message.content}
        if message.images:
            text = [{"type": "text", "text": message.content}] if message.content else []
            said["content"] = [*text, *map(_image, message.images)]
        if message.tool_calls:
            calls = [
                {
                    "id": call.id or f"call_{number}_{index}",
                    "type": "function",
                    "function": {
                        "name": call.function.name,
                        "arguments": json.dumps(call.function.arguments),
                    },
                }
                for index, call in enumerate(message.tool_calls)
            ]
            said["tool_calls"] = calls
            open_calls = [str(call["id"]) for call in calls]
        if message.role == "tool":
            if message.tool_call_id is None and not open_calls:
                raise InvalidRequestError("A tool answers that was not called.", param="messages")
            answered = message.tool_call_id or open_calls[0]
            open_calls = [identity for identity in open_calls if identity != answered]
            said["tool_call_id"] = answered
        result.append(said)
    return result


def _image(encoded: str) -> dict[str, object]:
    try:
        head = base64.b64decode(encoded[:16], validate=True)
    except ValueError as error:
        raise InvalidRequestError("An image is no base64.", param="images") from error
    kind = next((kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)), None)
    if kind is None:
        raise InvalidRequestError("An image is none of PNG, JPEG, WebP, GIF.", param="images")
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{encoded}"}}
