"""The real Ollama client against the real engine; what only Ollama's form has, against the scripted one."""

import base64
import json
from collections.abc import Iterator

import httpx
import ollama
import pytest

from tests.conftest import Start
from tests.scripted import Exchange, Scripted
from tests.servers import Adapter, authorization
from tests.test_streaming import settings

ASKED = [{"role": "user", "content": "Tell me about the river."}]
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()


@pytest.fixture
def client(service: Adapter) -> Iterator[ollama.Client]:
    with ollama.Client(host=service.url, headers=authorization(), timeout=60) as client:
        yield client


def test_chats(client: ollama.Client) -> None:
    answer = client.chat("chat:latest", messages=ASKED, options={"num_predict": 8, "num_ctx": 512, "seed": 1})
    assert answer.message.content
    assert (answer.model, answer.done) == ("chat:latest", True)
    assert answer.eval_count in range(1, 9)
    assert answer.prompt_eval_count is not None
    assert answer.prompt_eval_count > 5
    assert answer.total_duration is not None
    assert answer.total_duration > 0


def test_streams_a_chat(client: ollama.Client) -> None:
    options = {"num_predict": 12, "temperature": 0}
    whole = client.chat("chat", messages=ASKED, options=options)
    parts = list(client.chat("chat", messages=ASKED, options=options, stream=True))
    assert "".join(part.message.content or "" for part in parts) == whole.message.content
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].eval_count == whole.eval_count
    assert parts[-1].done_reason == whole.done_reason


def test_says_why_it_ended(client: ollama.Client) -> None:
    answer = client.generate("chat", prompt="the", raw=True, options={"num_predict": 3})
    assert answer.done_reason in {"length", "stop"}
    assert (answer.done_reason == "length") == (answer.eval_count == 3)


def test_generates_with_the_models_template_and_without(client: ollama.Client) -> None:
    options = {"num_predict": 6, "temperature": 0}
    raw = client.generate("chat", prompt="the river", raw=True, options=options)
    chat = client.generate("chat", prompt="the river", system="Be short.", options=options)
    assert raw.response
    assert chat.response
    # The template and the system's message are tokens too.
    assert raw.prompt_eval_count is not None
    assert chat.prompt_eval_count is not None
    assert chat.prompt_eval_count > raw.prompt_eval_count + 10
    streamed = client.generate("chat", prompt="the river", raw=True, options=options, stream=True)
    assert "".join(part.response or "" for part in streamed) == raw.response


def test_embeds_in_the_new_form_and_the_old(client: ollama.Client) -> None:
    new = client.embed("vectors", input=["a river", "a stone"])
    assert [len(vector) for vector in new.embeddings] == [64, 64]
    old = client.embeddings("vectors", prompt="a stone")
    assert list(old.embedding) == pytest.approx(list(new.embeddings[1]), abs=1e-5)


def test_lists_models_and_knows_their_names(client: ollama.Client) -> None:
    assert [model.model for model in client.list().models] == ["chat", "vectors"]


def test_a_request_without_a_prompt_loads_the_model(client: ollama.Client) -> None:
    assert client.generate("chat").done_reason == "load"
    assert client.chat("chat").done_reason == "load"


def test_nobody_pulls_makes_or_deletes_models(client: ollama.Client, api: httpx.Client) -> None:
    for method, path in (("POST", "pull"), ("POST", "create"), ("DELETE", "delete"), ("POST", "push")):
        answer = api.request(method, f"/api/{path}", json={"model": "chat"})
        assert (answer.status_code, list(answer.json())) == (404, ["error"])
    with pytest.raises(ollama.ResponseError, match="no model 'none'"):
        client.chat("none", messages=ASKED)


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "robot", "content": "a"}]},
        {"messages": ASKED, "options": {"temprature": 1}},
        {"messages": ASKED, "options": {"top_k": "many"}},
        {"messages": ASKED, "format": "yaml"},
        {"messages": [{"role": "user", "images": ["no base64"]}]},
        {"messages": [{"role": "user", "images": [base64.b64encode(b"%PDF-1.7....").decode()]}]},
        {"messages": [{"role": "tool", "content": "4"}]},
        {"messages": ASKED, "max_tokens": 5},
    ],
)
def test_refuses_what_no_engine_would_heed(api: httpx.Client, body: dict[str, object]) -> None:
    answer = api.post("/api/chat", json={"model": "chat", **body})
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)


def test_asks_an_engine_in_openais_form(start: Start, first: Scripted) -> None:
    server = start(settings(first))
    calls = [
        {"function": {"name": "add", "arguments": {"a": 2}}},
        {"function": {"name": "sub", "arguments": {}}},
    ]
    body = {
        "model": "chat",
        "stream": False,
        "messages": [
            {"role": "user", "content": "see", "images": [PNG]},
            {"role": "assistant", "content": "", "tool_calls": calls},
            {"role": "tool", "content": "4", "tool_name": "add"},
            {"role": "tool", "content": "0"},
        ],
        "tools": [{"type": "function", "function": {"name": "add"}}],
        "format": {"type": "object"},
        "options": {"num_predict": 5, "repeat_penalty": 1.5, "stop": ["x"], "num_gpu": 1},
        "think": False,
        "keep_alive": "5m",
    }
    answer = httpx.post(f"{server.url}/api/chat", json=body, headers=authorization(), timeout=30)
    assert answer.json()["message"] == {"role": "assistant", "content": "two words"}
    (seen,) = first.seen
    assert seen.path == "/v1/chat/completions"
    ids = ["call_1_0", "call_1_1"]
    assert seen.body == {
        "model": "m-up0",
        "stream": False,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "see"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
                ],
            },
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"id": ids[0], "type": "function", "function": {"name": "add", "arguments": '{"a": 2}'}},
                    {"id": ids[1], "type": "function", "function": {"name": "sub", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "content": "4", "tool_call_id": ids[0]},
            {"role": "tool", "content": "0", "tool_call_id": ids[1]},
        ],
        "tools": body["tools"],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": True},
        },
        "max_tokens": 5,
        "repetition_penalty": 1.5,
        "stop": ["x"],
        "chat_template_kwargs": {"enable_thinking": False},
    }


def test_puts_calls_of_tools_and_thoughts_together(start: Start, first: Scripted) -> None:
    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        for delta in (
            {"reasoning_content": "hm"},
            {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "add", "arguments": '{"a"'}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": ": 2}"}}]},
            {"tool_calls": [{"index": 1, "id": "c2", "function": {"name": "sub", "arguments": ""}}]},
        ):
            exchange.send({"choices": [{"index": 0, "delta": delta}]})
        exchange.end_stream()

    first.behaviour = behaviour
    server = start(settings(first))
    body = {"model": "chat", "messages": ASKED}
    answer = httpx.post(f"{server.url}/api/chat", json=body, headers=authorization(), timeout=30)
    thought, called, last = (json.loads(line) for line in answer.text.splitlines())
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert thought["message"]["thinking"] == "hm"
    assert called["message"]["tool_calls"] == [
        {"id": "c1", "function": {"name": "add", "arguments": {"a": 2}}},
        {"id": "c2", "function": {"name": "sub", "arguments": {}}},
    ]
    assert (last["done"], last["prompt_eval_count"], last["eval_count"]) == (True, 3, 2)
