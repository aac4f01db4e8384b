"""Keys and limits: who may ask, how much, how often."""

import threading
from collections.abc import Callable, Mapping

import httpx
import openai
import pytest

from tests.conftest import Start
from tests.scripted import Exchange, Scripted, answers
from tests.servers import KEYS, Adapter, authorization

CHAT = {"model": "chat", "messages": [{"role": "user", "content": "four"}]}


def settings(upstream: Scripted, **limits: int) -> dict[str, object]:
    return {
        "upstreams": {"up": {"url": upstream.url, "model": "m"}},
        "models": {"chat": {"upstreams": ["up"]}, "vectors": {"upstreams": ["up"], "embeds": True}},
        "limits": {"default": limits},
    }


def ask(server: Adapter, team: str = "search", **more: object) -> httpx.Response:
    return post(server, "/v1/chat/completions", more, team)


def post(server: Adapter, path: str, more: Mapping[str, object], team: str = "search") -> httpx.Response:
    return httpx.post(f"{server.url}{path}", json={**CHAT, **more}, headers=authorization(team), timeout=30)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer sk-wrong"},
        {"Authorization": "Basic c2s6c2s="},
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/chat"])
def test_nobody_gets_in_without_a_key(
    start: Start, first: Scripted, header: dict[str, str], path: str
) -> None:
    server = start(settings(first))
    answer = httpx.post(f"{server.url}{path}", json=CHAT, headers=header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    said = answer.json()["error"]
    assert "key" in (said if path == "/api/chat" else said["message"])
    assert first.seen == []


def test_the_clients_key_goes_no_further_and_the_engines_own_does(
    start: Start, first: Scripted, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("engine") / "key"
    file.write_text("sk-engine\n")
    upstream = {"url": first.url, "model": "m", "apiKeyFile": str(file)}
    server = start({**settings(first), "upstreams": {"up": upstream}})
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {**authorization(), "traceparent": trace, "X-Request-ID": "id-1", "Cookie": "a=b"}
    httpx.post(f"{server.url}/v1/chat/completions", json=CHAT, headers=headers)
    (seen,) = first.seen
    assert seen.headers["authorization"] == "Bearer sk-engine"
    assert seen.headers["x-request-id"] == "id-1"
    assert seen.headers["traceparent"] == trace
    assert seen.headers["cookie"] is None
    assert seen.body["model"] == "m"


def test_requests_per_minute(start: Start, first: Scripted) -> None:
    server = start(settings(first, requestsPerMinute=3))
    assert [ask(server).status_code for _ in range(3)] == [200, 200, 200]
    refused = ask(server)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.json()["error"] == {
        "message": "More than 3 requests per minute.",
        "type": "rate_limit_error",
        "param": None,
        "code": "requests_per_minute_exceeded",
    }
    assert len(first.seen) == 3
    # Another team has a bucket of its own; OpenAI's client knows what it is told.
    assert ask(server, "batch").status_code == 200
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEYS["search"], max_retries=0)
    with client, pytest.raises(openai.RateLimitError):
        client.models.list()
    assert (
        server.figure(
            'adapter_requests_total{endpoint="/v1/chat/completions",model="",outcome="requests_per_minute_exceeded",team="search"}'
        )
        == 1
    )


def test_tokens_per_minute_are_paid_as_used_and_not_as_reserved(start: Start, first: Scripted) -> None:
    # Each may take 1 + 60, and takes 3 + 2.
    server = start(settings(first, tokensPerMinute=100))
    assert [ask(server, max_tokens=60).status_code for _ in range(6)] == [200] * 6
    used_up = [ask(server, max_tokens=60) for _ in range(4)]
    (refused, *_) = [answer for answer in used_up if answer.status_code != 200]
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "tokens_per_minute_exceeded"
    assert int(refused.headers["retry-after"]) >= 1
    # Smaller ones still fit.
    assert ask(server, max_tokens=10).status_code == 200


def test_what_can_never_fit_is_not_told_to_come_back(start: Start, first: Scripted) -> None:
    server = start(settings(first, tokensPerMinute=100))
    answer = ask(server, max_tokens=100)
    assert answer.status_code == 400
    assert "retry-after" not in answer.headers
    assert ask(server, max_tokens=99).status_code == 200


def test_an_engine_that_fails_costs_no_tokens(start: Start, first: Scripted) -> None:
    first.behaviour = lambda exchange: exchange.answer(500, {})
    server = start(settings(first, tokensPerMinute=100))
    assert [ask(server, max_tokens=90).status_code for _ in range(3)] == [502] * 3


def test_requests_at_a_time(start: Start, first: Scripted) -> None:
    arrived, go = threading.Semaphore(0), threading.Event()

    def behaviour(exchange: Exchange) -> None:
        arrived.release()
        assert go.wait(30)
        answers(exchange)

    first.behaviour = behaviour
    server = start(settings(first, concurrent=2))
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(ask(server).status_code)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert arrived.acquire(timeout=30)
    refused = ask(server)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_concurrent_requests")
    assert server.figure("adapter_in_flight_requests") == 2
    go.set()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]
    assert ask(server).status_code == 200


@pytest.mark.parametrize(
    ("path", "limits", "body", "status", "code"),
    [
        ("/v1/chat/completions", {"bodyBytes": 1024}, {"user": "x" * 1024}, 413, "request_too_large"),
        ("/v1/chat/completions", {"promptCharacters": 3}, {}, 400, "prompt_too_long"),
        (
            "/v1/chat/completions",
            {"maxTokens": 10, "defaultMaxTokens": 10},
            {"max_tokens": 11},
            400,
            "invalid_request",
        ),
        (
            "/v1/chat/completions",
            {"maxTokens": 10},
            {"max_tokens": 1, "max_completion_tokens": 11},
            400,
            "invalid_request",
        ),
        ("/v1/chat/completions", {"choices": 2}, {"n": 3}, 400, "invalid_request"),
        ("/v1/completions", {"choices": 2}, {"prompt": ["a", "b", "c"]}, 400, "invalid_request"),
        ("/v1/completions", {"choices": 2}, {"prompt": [[1], [2], [3]]}, 400, "invalid_request"),
        ("/v1/completions", {"promptCharacters": 8}, {"prompt": [1, 2, 3]}, 400, "prompt_too_long"),
        (
            "/v1/embeddings",
            {"inputs": 2},
            {"model": "vectors", "input": ["a", "b", "c"]},
            400,
            "invalid_request",
        ),
    ],
)
def test_size_of_a_request(  # noqa: PLR0913, PLR0917  # one row of a table
    start: Start,
    first: Scripted,
    path: str,
    limits: dict[str, int],
    body: dict[str, object],
    status: int,
    code: str,
) -> None:
    server = start(settings(first, **limits))
    answer = post(server, path, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert first.seen == []


def test_a_body_of_unknown_length_is_read_no_further_than_it_may_be(start: Start, first: Scripted) -> None:
    server = start(settings(first, bodyBytes=2048))
    parts = (b"x" * 1024 for _ in range(1_000_000))
    with httpx.Client(timeout=30) as client:
        try:
            answer = client.post(f"{server.url}/v1/chat/completions", content=parts, headers=authorization())
        except httpx.TransportError:
            # The connection was closed under the client while it still wrote.
            return
    assert answer.status_code == 413


def test_a_new_key_works_and_an_old_one_does_not_without_a_restart(start: Start, first: Scripted) -> None:
    server = start({**settings(first), "keysReloadSeconds": 0.1})

    def status(key: str) -> int:
        return httpx.get(f"{server.url}/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code

    assert (status("sk-search"), status("sk-new")) == (200, 401)
    server.write_keys({"search": ["sk-new"]})
    until(lambda: status("sk-new") == 200)
    assert status("sk-search") == 401
    # A file that is of no use changes nothing, and the metrics say so.
    server.keys.write_text("teams: {search: [sk-plain-text]}")
    until(lambda: server.figure("adapter_keys_stale") == 1)
    assert status("sk-new") == 200
    assert "sk-plain-text" not in server.log.read_text()


def until(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not happen")
