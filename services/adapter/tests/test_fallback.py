"""Who answers when the first does not, and how long one is left alone."""

import socket
import threading

import httpx
import pytest

from tests.conftest import Start
from tests.scripted import Behaviour, Exchange, Scripted, answers
from tests.servers import Adapter, authorization, free_port
from tests.test_limits import until
from tests.test_streaming import BODY, settings, stream, texts

WHOLE_BODY = {**BODY, "stream": False}


def ask(server: Adapter, *, streamed: bool = False) -> httpx.Response:
    body = {**BODY, "stream": streamed}
    return httpx.post(f"{server.url}/v1/chat/completions", json=body, headers=authorization(), timeout=60)


def refuses(status: int, content: object | None = None, **headers: str) -> Behaviour:
    return lambda exchange: exchange.answer(status, content or {"error": {"message": "no"}}, headers)


def cuts_before_the_first_event(exchange: Exchange) -> None:
    exchange.begin_stream()
    exchange.cut()


def reports_an_error_first(exchange: Exchange) -> None:
    exchange.begin_stream()
    exchange.send({"error": {"message": "out of memory", "code": 500}})


def says_nothing_of_use(exchange: Exchange) -> None:
    exchange.begin_stream()
    exchange.send("<html>")


def says_no_json(exchange: Exchange) -> None:
    exchange.answer(200, ["no object"])


@pytest.mark.parametrize(
    ("behaviour", "streamed", "reason"),
    [
        (refuses(500), True, "bad_status"),
        (refuses(503), False, "bad_status"),
        (refuses(404), False, "bad_status"),
        (refuses(401), False, "bad_status"),
        (refuses(302, Location="http://169.254.169.254/"), False, "bad_status"),
        (refuses(429), False, "busy"),
        (cuts_before_the_first_event, True, "disconnected"),
        (reports_an_error_first, True, "reported"),
        (says_nothing_of_use, True, "malformed"),
        (says_no_json, False, "malformed"),
    ],
)
def test_the_next_answers_while_nothing_was_passed_on(  # noqa: PLR0913, PLR0917  # one row of a table
    start: Start,
    first: Scripted,
    second: Scripted,
    behaviour: Behaviour,
    streamed: bool,  # noqa: FBT001
    reason: str,
) -> None:
    first.behaviour = behaviour
    server = start(settings(first, second))
    answer = ask(server, streamed=streamed)
    assert answer.status_code == 200
    assert answer.headers["x-served-model"] == "m-up1"
    assert answer.headers["x-served-upstream"] == "up1"
    assert answer.headers["x-served-fallback"] == "true"
    assert len(second.seen) == 1
    assert second.seen[0].body["model"] == "m-up1"
    assert server.figure(f'adapter_upstream_failures_total{{reason="{reason}",upstream="up0"}}') == 1
    assert server.figure('adapter_fallbacks_total{model="chat",upstream="up1"}') == 1
    assert server.access(answer.headers["x-request-id"])["fallback"] is True


def test_no_other_answers_once_a_part_was_passed_on(start: Start, first: Scripted, second: Scripted) -> None:
    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.token("half")
        exchange.cut()

    first.behaviour = behaviour
    server = start(settings(first, second))
    with httpx.Client(timeout=30) as client, stream(server, client) as answer:
        lines = list(answer.iter_lines())
    assert texts([line for line in lines if "error" not in line]) == "half"
    assert second.seen == []


def test_the_engines_refusal_of_a_request_is_final(start: Start, first: Scripted, second: Scripted) -> None:
    first.behaviour = refuses(422, {"error": {"message": "too hot", "code": 422, "param": "temperature"}})
    server = start(settings(first, second))
    answer = ask(server)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "too hot"
    assert answer.json()["error"]["param"] == "temperature"
    assert second.seen == []


def test_an_engine_that_is_not_there(start: Start, second: Scripted) -> None:
    upstreams = {
        "gone": {"url": f"http://127.0.0.1:{free_port()}", "model": "m"},
        "there": {"url": second.url, "model": "m"},
    }
    models = {"chat": {"upstreams": ["gone", "there"]}, "alone": {"upstreams": ["gone"]}}
    server = start({"upstreams": upstreams, "models": models})
    assert ask(server).headers["x-served-upstream"] == "there"
    body = {**BODY, "model": "alone"}
    answer = httpx.post(f"{server.url}/v1/chat/completions", json=body, headers=authorization(), timeout=30)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["error"]["code"] == "service_unavailable"


def test_a_request_that_was_sent_is_not_sent_to_the_same_engine_again(start: Start) -> None:
    requests = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            nonlocal requests
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(65536):
                        requests += 1

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = start(
            {"upstreams": {"up": {"url": url, "model": "m"}}, "models": {"chat": {"upstreams": ["up"]}}}
        )
        assert ask(server).status_code == 502
        assert requests == 1
        listener.shutdown(socket.SHUT_RDWR)


def test_one_that_is_too_slow(start: Start, first: Scripted, second: Scripted) -> None:
    first.behaviour = lambda exchange: exchange.wait_until_gone()
    slow = {"url": first.url, "model": "m", "timeouts": {"firstToken": 0.3, "total": 0.3}}
    upstreams = {"up0": slow, "up1": {"url": second.url, "model": "m"}}
    server = start({**settings(first, second), "upstreams": upstreams})
    for streamed in (True, False):
        assert ask(server, streamed=streamed).headers["x-served-upstream"] == "up1"
    alone = start({"upstreams": {"up0": slow}, "models": {"chat": {"upstreams": ["up0"]}}})
    answer = ask(alone)
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "upstream_timeout")


def test_the_breaker_spares_an_engine_that_fails_and_finds_out_when_it_is_back(
    start: Start, first: Scripted, second: Scripted
) -> None:
    first.behaviour = refuses(500)
    server = start(settings(first, second, breaker={"failures": 2, "openSeconds": 1.0}))
    state = 'adapter_breaker_state{upstream="up0"}'
    for _ in range(2):
        ask(server)
    assert server.figure(state) == 2
    # While it is open, nothing is sent there.
    seen = len(first.seen)
    ask(server)
    assert len(first.seen) in {seen, seen + 1}
    # A probe that fails opens it again; one that does not closes it.
    first.behaviour = answers
    until(lambda: ask(server).headers["x-served-upstream"] == "up0")
    assert server.figure(state) == 0


def test_all_are_spared(start: Start, first: Scripted) -> None:
    first.behaviour = refuses(500)
    server = start(settings(first, breaker={"failures": 1, "openSeconds": 60}))
    assert ask(server).status_code == 502
    answer = ask(server)
    assert answer.status_code == 503
    assert 50 < int(answer.headers["retry-after"]) <= 60
    assert len(first.seen) == 1


def test_more_than_an_engine_takes_wait_and_then_go_elsewhere(
    start: Start, first: Scripted, second: Scripted
) -> None:
    arrived, go = threading.Event(), threading.Event()

    def behaviour(exchange: Exchange) -> None:
        arrived.set()
        assert go.wait(30)
        answers(exchange)

    first.behaviour = behaviour
    narrow = {"url": first.url, "model": "m", "concurrency": 1, "queue": 1, "queueSeconds": 60}
    upstreams = {"up0": narrow, "up1": {"url": second.url, "model": "m"}}
    server = start({**settings(first, second), "upstreams": upstreams})
    served: list[str] = []
    threads = [
        threading.Thread(target=lambda: served.append(ask(server).headers["x-served-upstream"]))
        for _ in range(2)
    ]
    threads[0].start()
    assert arrived.wait(30)
    threads[1].start()
    queued = 'adapter_queued_requests{upstream="up0"}'
    until(lambda: server.figure(queued) == 1)
    # The line is full: the third goes on at once.
    assert ask(server).headers["x-served-upstream"] == "up1"
    go.set()
    for thread in threads:
        thread.join()
    assert served == ["up0", "up0"]
    assert server.figure(queued) == 0
    assert server.figure('adapter_upstream_failures_total{reason="queue_full",upstream="up0"}') == 1
    # A line is no failure: the breaker has not moved.
    assert server.figure('adapter_breaker_state{upstream="up0"}') == 0
