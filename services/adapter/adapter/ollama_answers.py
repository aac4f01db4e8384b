"""Answers in Ollama's form: JSON objects, one a line where they are streamed."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from adapter.call import Account
from adapter.errors import ApiError
from adapter.usage import choices

Kind = Literal["chat", "generate"]


class Ollama:
    """Puts together what an engine said in OpenAI's form."""

    media_type = "application/x-ndjson"

    def __init__(self, kind: Kind, model: str) -> None:
        """``model`` as the client called it, which is how Ollama answers."""
        self._kind = kind
        self._model = model
        self._reason = "stop"
        # Parts of calls by their number in the answer: OpenAI's stream spells arguments letter by letter.
        self._calls: dict[int, dict[str, str]] = {}

    def whole(self, body: Mapping[str, object], account: Account) -> dict[str, object]:
        """The answer in one."""
        (choice, *_) = choices(body) or [{}]
        self._note(choice)
        message = _mapping(choice.get("message")) or {"content": choice.get("text")}
        self._note_calls(message)
        return self._part(
            _text(message, "content"), _thinking(message), calls=self._tool_calls()
        ) | self._summary(account)

    def event(self, raw: bytes, content: Mapping[str, object]) -> bytes:  # noqa: ARG002
        """A line for what carries text; nothing for the rest."""
        lines = []
        for choice in choices(content):
            self._note(choice)
            delta = _mapping(choice.get("delta")) or {"content": choice.get("text")}
            self._note_calls(delta)
            text, thinking = _text(delta, "content"), _thinking(delta)
            if text or thinking:
                lines.append(_line({**self._part(text, thinking), "done": False}))
        return b"".join(lines)

    def end(self, account: Account) -> bytes:
        """The calls of tools, if any, then the summary."""
        calls = self._tool_calls()
        before = _line({**self._part("", "", calls=calls), "done": False}) if calls else b""
        return before + _line({**self._part("", ""), **self._summary(account)})

    def broken(self, error: ApiError) -> bytes:
        """Ollama's own last line then."""
        return _line(ollama_error(error))

    def heartbeat(self) -> bytes:
        """A part without text: clients parse each line, so that an empty one would not do."""
        return _line({**self._part("", ""), "done": False})

    def served_by(self, model: str) -> bytes:  # noqa: ARG002
        """Nothing: there is no comment in JSON. The access log has it."""
        return b""

    def _part(
        self, text: str, thinking: str, calls: list[dict[str, object]] | None = None
    ) -> dict[str, object]:
        part: dict[str, object] = {"model": self._model, "created_at": _now()}
        if self._kind == "generate":
            return part | {"response": text} | ({"thinking": thinking} if thinking else {})
        message: dict[str, object] = {"role": "assistant", "content": text}
        message |= {"thinking": thinking} if thinking else {}
        message |= {"tool_calls": calls} if calls else {}
        return part | {"message": message}

    def _summary(self, account: Account) -> dict[str, object]:
        """Durations in nanoseconds. The prompt's is the time to the first token: all that is seen here."""
        total = time.monotonic_ns() - account.started
        first = (account.first_token or time.monotonic_ns()) - account.started
        return {
            "done": True,
            "done_reason": self._reason,
            "total_duration": total,
            "load_duration": 0,
            "prompt_eval_count": account.usage.prompt,
            "prompt_eval_duration": first,
            "eval_count": account.usage.generated,
            "eval_duration": total - first,
        }

    def _note(self, choice: Mapping[str, object]) -> None:
        if isinstance(reason := choice.get("finish_reason"), str):
            # Ollama knows stop, length, load, unload.
            self._reason = "length" if reason == "length" else "stop"

    def _note_calls(self, message: Mapping[str, object]) -> None:
        calls = message.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else []):
            index = call.get("index", place)
            parts = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
            function = _mapping(call.get("function"))
            parts["id"] = parts["id"] or _text(call, "id")
            parts["name"] += _text(function, "name")
            parts["arguments"] += _text(function, "arguments")

    def _tool_calls(self) -> list[dict[str, object]]:
        return [
            {
                "id": parts["id"],
                "function": {"name": parts["name"], "arguments": _arguments(parts["arguments"])},
            }
            for _, parts in sorted(self._calls.items())
        ]


class OllamaEmbeddings(Ollama):
    """Vectors."""

    def __init__(self, model: str, *, old: bool) -> None:
        """``old``: of ``/api/embeddings``, which has one text and one vector."""
        super().__init__("generate", model)
        self._old = old

    def whole(self, body: Mapping[str, object], account: Account) -> dict[str, object]:
        """The vectors, in the order of the texts."""
        data = body.get("data")
        rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
        vectors = [row.get("embedding") for row in sorted(rows, key=lambda row: int(row.get("index", 0)))]
        if self._old:
            return {"embedding": vectors[0] if vectors else []}
        return {
            "model": self._model,
            "embeddings": vectors,
            "total_duration": time.monotonic_ns() - account.started,
            "load_duration": 0,
            "prompt_eval_count": account.usage.prompt,
        }


def ollama_error(error: ApiError) -> dict[str, object]:
    """Ollama's error object."""
    return {"error": error.message}


def loaded(kind: Kind, model: str) -> dict[str, object]:
    """The answer to a request without a prompt: Ollama loads the model then, which here is loaded always."""
    empty = {"response": ""} if kind == "generate" else {"message": {"role": "assistant", "content": ""}}
    return {"model": model, "created_at": _now(), **empty, "done": True, "done_reason": "load"}


def _arguments(text: str) -> object:
    try:
        return json.loads(text or "{}")
    except ValueError:
        # A model may write what is no JSON; the client sees what it wrote.
        return {"": text}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(of: Mapping[str, object], key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""


def _thinking(of: Mapping[str, object]) -> str:
    return _text(of, "reasoning") or _text(of, "reasoning_content")


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace") + b"\n"


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
