"""The real OpenAI client, the real engine, real tokens."""

from collections.abc import Iterator

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.conftest import TINY
from tests.servers import KEYS, Adapter

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Tell me about the river."}]


@pytest.fixture
def client(service: Adapter) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{service.url}/v1", api_key=KEYS["search"], max_retries=0, timeout=60
    ) as client:
        yield client


def test_answers_in_a_chat_and_says_who_did(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="chat", messages=ASKED, max_tokens=8, seed=1)
    answer = raw.parse()
    assert answer.choices[0].message.content
    assert answer.usage is not None
    assert answer.usage.completion_tokens in range(1, 9)
    assert answer.model == TINY
    assert raw.headers["x-served-model"] == TINY
    assert raw.headers["x-served-upstream"] == "tiny"
    assert "x-served-fallback" not in raw.headers


def test_streams_a_chat_as_the_engine_does(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="chat", messages=ASKED, max_tokens=12, temperature=0)
    chunks = list(
        client.chat.completions.create(
            model="chat", messages=ASKED, max_tokens=12, temperature=0, stream=True
        )
    )
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content
    # The usage that this service asks the engine for is not what the client asked for.
    assert all(chunk.choices for chunk in chunks)


def test_gives_the_usage_of_a_stream_to_who_asks(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="chat", messages=ASKED, max_tokens=5, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens in range(1, 6)
    assert chunks[-1].choices == []


def test_goes_on_with_a_text(client: openai.OpenAI) -> None:
    whole = client.completions.create(model="chat", prompt="the river", max_tokens=6, temperature=0)
    parts = client.completions.create(
        model="chat", prompt="the river", max_tokens=6, temperature=0, stream=True
    )
    assert whole.choices[0].text
    assert "".join(part.choices[0].text for part in parts) == whole.choices[0].text


def test_embeds_texts(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="vectors", input=["a river", "a stone"], encoding_format="float")
    assert [len(row.embedding) for row in answer.data] == [64, 64]
    assert answer.data[0].embedding != answer.data[1].embedding
    assert answer.usage.prompt_tokens > 0


def test_lists_the_models_of_the_team(client: openai.OpenAI, service: Adapter) -> None:
    assert [model.id for model in client.models.list()] == ["chat", "vectors"]
    assert client.models.retrieve("vectors").id == "vectors"
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key=KEYS["batch"], max_retries=0) as other:
        assert [model.id for model in other.models.list()] == ["vectors"]
        with pytest.raises(openai.NotFoundError):
            other.models.retrieve("chat")
        with pytest.raises(openai.NotFoundError, match="no model 'chat'"):
            other.chat.completions.create(model="chat", messages=ASKED)


def test_generates_no_more_than_a_team_gets_by_default(api: httpx.Client) -> None:
    answer = api.post("/v1/completions", json={"model": "chat", "prompt": "the", "ignore_eos": True}).json()
    assert answer["usage"]["completion_tokens"] == 32


@pytest.mark.parametrize(
    ("path", "body", "code", "param"),
    [
        ("/v1/chat/completions", {"messages": ASKED}, "invalid_request", "model"),
        ("/v1/chat/completions", {"model": "chat", "messages": []}, "invalid_request", "messages"),
        (
            "/v1/chat/completions",
            {"model": "chat", "messages": ASKED, "stream": "yes"},
            "invalid_request",
            "stream",
        ),
        (
            "/v1/chat/completions",
            {"model": "chat", "messages": ASKED, "max_tokens": 0},
            "invalid_request",
            "max_tokens",
        ),
        ("/v1/chat/completions", {"model": "vectors", "messages": ASKED}, "wrong_endpoint", "model"),
        ("/v1/completions", {"model": "chat", "prompt": 5}, "invalid_request", "prompt"),
        (
            "/v1/completions",
            {"model": "chat", "prompt": "a", "n_predict": 9999},
            "invalid_request",
            "n_predict",
        ),
        ("/v1/embeddings", {"model": "chat", "input": "a"}, "wrong_endpoint", "model"),
        ("/v1/embeddings", {"model": "vectors", "input": []}, "invalid_request", "input"),
    ],
)
def test_refuses_what_cannot_be_served(
    api: httpx.Client, path: str, body: dict[str, object], code: str, param: str
) -> None:
    answer = api.post(path, json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert (error["code"], error["param"]) == (code, param)
    assert error["message"]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '"a"', '{"model": NaN}', "[" * 100_000, b"\xff", '{"a": 1' + "0" * 5000]
)
def test_refuses_a_body_that_is_no_object(api: httpx.Client, body: str | bytes) -> None:
    answer = api.post("/v1/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_passes_on_text_that_is_no_unicode(api: httpx.Client) -> None:
    content = '{"model": "chat", "max_tokens": 1, "messages": [{"role": "user", "content": "\\ud800"}]}'
    # Whatever the engine makes of half a surrogate pair: it got it, and nothing broke here.
    assert api.post("/v1/chat/completions", content=content).status_code in {200, 400}


def test_passes_on_the_engines_own_refusal(api: httpx.Client) -> None:
    body = {"model": "chat", "messages": ASKED, "response_format": {"type": "no such"}}
    answer = api.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400
    assert "response_format" in answer.json()["error"]["message"]


def test_lets_no_engine_fetch_what_a_client_names(api: httpx.Client) -> None:
    part = {"type": "image_url", "image_url": {"url": "http://169.254.169.254/latest/meta-data"}}
    body = {"model": "chat", "messages": [{"role": "user", "content": [part]}]}
    answer = api.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "remote_media")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/none", 404), ("GET", "/v1/completions", 405), ("GET", "/metrics", 404)],
)
def test_serves_nothing_else(api: httpx.Client, method: str, path: str, status: int) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, "unknown_url")
