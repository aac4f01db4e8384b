"""Streams are passed on as they come, kept alive, and ended with whoever leaves.

No check here waits for a clock: the upstream goes on when the test says so.
"""

import http.client
import json
import threading
from contextlib import AbstractContextManager

import httpx

from tests.conftest import Start
from tests.scripted import Exchange, Scripted
from tests.servers import Adapter, authorization

BODY = {"model": "chat", "stream": True, "messages": [{"role": "user", "content": "secret words"}]}


def settings(*upstreams: Scripted, **more: object) -> dict[str, object]:
    names = [f"up{number}" for number, _ in enumerate(upstreams)]
    return {
        "upstreams": {
            name: {"url": upstream.url, "model": f"m-{name}"}
            for name, upstream in zip(names, upstreams, strict=True)
        },
        "models": {"chat": {"upstreams": names}},
        **more,
    }


def stream(
    server: Adapter, client: httpx.Client, path: str = "/v1/chat/completions"
) -> AbstractContextManager[httpx.Response]:
    return client.stream("POST", f"{server.url}{path}", json=BODY, headers=authorization())


def texts(lines: list[str]) -> str:
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    return "".join(choice["delta"].get("content", "") for event in events for choice in event["choices"])


def test_each_part_arrives_before_the_next_is_sent(start: Start, first: Scripted) -> None:
    seen = [threading.Event() for _ in range(5)]

    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        for number, event in enumerate(seen):
            exchange.token(f"t{number} ")
            # Goes on only once the client has it: a proxy that buffers would wait for ever.
            assert event.wait(30)
        exchange.end_stream()

    first.behaviour = behaviour
    server = start(settings(first))
    with httpx.Client(timeout=30) as client, stream(server, client) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-cache, no-transform"
        lines = []
        for line in answer.iter_lines():
            lines.append(line)
            for number, event in enumerate(seen):
                if f"t{number} " in line:
                    event.set()
    assert texts(lines) == "t0 t1 t2 t3 t4 "
    assert [line for line in lines if line][-1] == "data: [DONE]"


def test_a_client_that_leaves_stops_the_engine(start: Start, first: Scripted) -> None:
    gone = threading.Event()

    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.token("one")
        exchange.wait_until_gone()
        gone.set()

    first.behaviour = behaviour
    server = start(settings(first))
    with httpx.Client(timeout=30) as client, stream(server, client) as answer:
        next(answer.iter_lines())
        identity = answer.headers["x-request-id"]
    assert gone.wait(30)
    line = server.access(identity)
    assert (line["outcome"], line["generated_tokens"]) == ("client_gone", 1)
    # It is charged for what passed.
    series = '{model="chat",team="search",upstream="up0"}'
    assert server.figure(f"adapter_generated_tokens_total{series}") == 1
    assert server.figure('adapter_estimated_usages_total{model="chat"}') == 1


def test_a_client_that_leaves_before_the_first_token_stops_the_engine_too(
    start: Start, first: Scripted
) -> None:
    asked, gone = threading.Event(), threading.Event()

    def behaviour(exchange: Exchange) -> None:
        asked.set()
        exchange.wait_until_gone()
        gone.set()

    first.behaviour = behaviour
    server = start(settings(first))
    for streamed in (True, False):
        asked.clear()
        gone.clear()
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
        content = json.dumps({**BODY, "stream": streamed})
        connection.request(
            "POST", "/v1/chat/completions", content, {**authorization(), "X-Request-ID": "left"}
        )
        assert asked.wait(30)
        connection.close()
        assert gone.wait(30), streamed
        assert server.access("left")["status"] == 499


def test_keeps_a_silent_stream_alive_and_says_later_who_serves(start: Start, first: Scripted) -> None:
    alive = threading.Event()

    def behaviour(exchange: Exchange) -> None:
        assert alive.wait(30)
        exchange.begin_stream()
        exchange.token("late")
        exchange.end_stream()

    first.behaviour = behaviour
    server = start(settings(first, heartbeatSeconds=0.2))
    with httpx.Client(timeout=30) as client, stream(server, client) as answer:
        lines = []
        for line in answer.iter_lines():
            lines.append(line)
            if line == ": keep-alive":
                alive.set()
    assert "x-served-model" not in answer.headers
    assert ": served by m-up0" in lines
    assert texts(lines) == "late"


def test_ollamas_lines_are_kept_alive_by_lines_that_its_clients_can_parse(
    start: Start, first: Scripted
) -> None:
    alive = threading.Event()

    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.token("early ")
        assert alive.wait(30)
        exchange.token("late")
        exchange.end_stream()

    first.behaviour = behaviour
    server = start(settings(first, heartbeatSeconds=0.2))
    with httpx.Client(timeout=30) as client, stream(server, client, "/api/chat") as answer:
        lines = []
        for line in answer.iter_lines():
            lines.append(json.loads(line))
            if lines[-1]["message"]["content"] == "":
                alive.set()
    assert "".join(line["message"]["content"] for line in lines) == "early late"
    assert [line["done"] for line in lines][-1] is True


def test_says_when_a_stream_broke_off(start: Start, first: Scripted) -> None:
    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.token("half")
        exchange.cut()

    first.behaviour = behaviour
    server = start(settings(first))
    with httpx.Client(timeout=30) as client, stream(server, client) as answer:
        events = [line for line in answer.iter_lines() if line]
    assert json.loads(events[-1].removeprefix("data: "))["error"]["code"] == "upstream_error"
    assert "data: [DONE]" not in events
    with httpx.Client(timeout=30) as client, stream(server, client, "/api/chat") as answer:
        assert json.loads(list(answer.iter_lines())[-1]) == {"error": "The engine's answer broke off."}


def test_a_stream_that_stands_still_is_ended(start: Start, first: Scripted) -> None:
    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.token("half")
        exchange.wait_until_gone()

    first.behaviour = behaviour
    server = start(settings(first))
    quick = {"up0": {"url": first.url, "model": "m", "timeouts": {"betweenTokens": 0.3}}}
    server = start({**settings(first), "upstreams": quick})
    with httpx.Client(timeout=30) as client, stream(server, client) as answer:
        events = [line for line in answer.iter_lines() if line]
    assert json.loads(events[-1].removeprefix("data: "))["error"]["code"] == "upstream_timeout"
