"""Nothing is lost between Ollama's form and OpenAI's, whatever was said and however it was cut."""

import json
import time
from itertools import pairwise

from adapter.call import Account
from adapter.ollama_answers import Ollama
from adapter.ollama_requests import ChatRequest, Message, Options, chat_body
from adapter.openai_requests import ChatRequest as OpenAIChat
from adapter.openai_requests import chat_call, read
from adapter.settings import Limits
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(max_size=40)
messages = st.lists(
    st.builds(Message, role=st.sampled_from(["system", "user", "assistant"]), content=texts),
    min_size=1,
    max_size=5,
)
options = st.fixed_dictionaries(
    {},
    optional={
        "num_predict": st.integers(-2, 5000),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "seed": st.integers(),
        "stop": st.lists(texts, max_size=3),
    },
)


@given(messages, options, st.booleans())
def test_every_chat_is_a_chat_for_the_engine(
    said: list[Message],
    asked: dict[str, object],
    stream: bool,  # noqa: FBT001
) -> None:
    body = chat_body(ChatRequest(model="m", messages=said, options=asked, stream=stream))
    limits = Limits()
    call = chat_call(body, read(OpenAIChat, body), limits)
    assert call.stream is stream
    assert [(one["role"], one["content"]) for one in _list(call.payload["messages"])] == [
        (one.role, one.content) for one in said
    ]
    known = Options.model_validate(asked)
    assert call.payload.get("temperature") == known.temperature
    assert call.payload.get("stop") == known.stop
    predict = known.num_predict or -1
    assert call.payload["max_tokens"] == (predict if predict > 0 else limits.default_max_tokens)
    assert call.reserved == call.prompt_estimate + (predict if predict > 0 else limits.default_max_tokens)


@given(st.lists(st.tuples(texts, texts), max_size=8))
def test_what_is_streamed_is_what_would_be_said_at_once(parts: list[tuple[str, str]]) -> None:
    account = Account("id", "/api/chat", started=time.monotonic_ns())
    streamed = Ollama("chat", "m")
    lines = b"".join(
        streamed.event(b"", {"choices": [{"delta": {"content": text, "reasoning": thought}}]})
        for text, thought in parts
    ) + streamed.end(account)
    said = [json.loads(line) for line in lines.split(b"\n") if line]
    message = {
        "content": "".join(text for text, _ in parts),
        "reasoning": "".join(thought for _, thought in parts),
    }
    whole = Ollama("chat", "m").whole({"choices": [{"message": message}]}, account)
    answer = whole["message"]
    assert isinstance(answer, dict)
    assert "".join(one["message"]["content"] for one in said) == answer["content"]
    assert "".join(one["message"].get("thinking", "") for one in said) == answer.get("thinking", "")
    assert said[-1]["done"] is whole["done"] is True
    assert set(said[-1]) == set(whole)


@given(st.dictionaries(texts, st.integers() | texts, max_size=4), st.lists(st.integers(0, 200), max_size=6))
def test_arguments_of_a_tool_survive_being_spelled(arguments: dict[str, object], places: list[int]) -> None:
    text = json.dumps(arguments)
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    answer = Ollama("chat", "m")
    for start, end in pairwise(edges):
        call = {"index": 0, "function": {"arguments": text[start:end]}}
        assert answer.event(b"", {"choices": [{"delta": {"tool_calls": [call]}}]}) == b""
    called, _ = answer.end(Account("id", "/api/chat")).splitlines()
    assert json.loads(called)["message"]["tool_calls"][0]["function"]["arguments"] == arguments


def _list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
