"""The end of the process, under load: no stream is dropped, and what is new is sent elsewhere."""

import concurrent.futures
import contextlib
import http.client
import json
import signal
import threading

import httpx

from tests.conftest import Start
from tests.scripted import Exchange, Scripted
from tests.servers import Adapter, Engine, authorization
from tests.test_limits import until
from tests.test_streaming import BODY, settings, stream, texts

STREAMS = 12


def readiness(server: Adapter) -> int:
    return httpx.get(f"{server.admin}/readyz").status_code


def test_streams_end_whole_and_new_requests_are_refused(start: Start, first: Scripted) -> None:
    begun, go = threading.Semaphore(0), threading.Event()

    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.token("first ")
        begun.release()
        assert go.wait(60)
        exchange.token("last")
        exchange.end_stream()

    first.behaviour = behaviour
    server = start(settings(first))

    def read() -> str:
        with httpx.Client(timeout=60) as client, stream(server, client) as answer:
            lines = list(answer.iter_lines())
        assert "data: [DONE]" in lines
        return texts(lines)

    # A connection from before, as a gateway keeps them.
    kept = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    kept.request("GET", "/v1/models", headers=authorization())
    assert kept.getresponse().read()
    with concurrent.futures.ThreadPoolExecutor(STREAMS) as pool:
        streams = [pool.submit(read) for _ in range(STREAMS)]
        for _ in range(STREAMS):
            assert begun.acquire(timeout=60)
        server.signal(signal.SIGTERM)
        until(lambda: readiness(server) == 503)
        assert server.figure("adapter_draining") == 1
        assert httpx.get(f"{server.admin}/healthz").status_code == 200
        until(lambda: httpx.get(f"{server.url}/v1/models", headers=authorization()).status_code == 503)
        kept.request("POST", "/v1/chat/completions", json.dumps(BODY), authorization())
        refused = kept.getresponse()
        assert refused.status == 503
        assert refused.headers["connection"] == "close"
        assert refused.headers["retry-after"] == "1"
        assert json.loads(refused.read())["error"]["code"] == "shutting_down"
        assert not any(done.done() for done in streams)
        go.set()
        assert [done.result(timeout=60) for done in streams] == ["first last"] * STREAMS
    assert server.wait(timeout=30) == 0
    assert server.log_lines()[-1]["message"] == "ended"


def test_while_the_cluster_still_routes_here_requests_are_served(start: Start, first: Scripted) -> None:
    server = start(settings(first, drain={"delaySeconds": 60, "graceSeconds": 1}))
    server.signal(signal.SIGTERM)
    until(lambda: readiness(server) == 503)
    answer = httpx.post(f"{server.url}/v1/chat/completions", json=BODY, headers=authorization())
    assert answer.status_code == 200
    # But it is the last of its connection.
    assert answer.headers["connection"] == "close"


def test_a_stream_that_outlives_the_grace_period_is_cut(start: Start, first: Scripted) -> None:
    def behaviour(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.token("first")
        exchange.wait_until_gone()

    first.behaviour = behaviour
    server = start(settings(first, drain={"delaySeconds": 0, "graceSeconds": 0.2}))
    with httpx.Client(timeout=60) as client, stream(server, client) as answer:
        lines = answer.iter_lines()
        assert "first" in next(lines)
        server.signal(signal.SIGTERM)
        rest: list[str] = []
        with contextlib.suppress(httpx.RemoteProtocolError):
            rest += lines
    assert "data: [DONE]" not in rest
    assert server.wait(timeout=30) == 0
    (line,) = [line for line in server.log_lines() if "grace period" in str(line["message"])]
    assert line["cut"] == 1


def test_a_rolling_update_under_load_drops_nothing(start: Start, engine: Engine) -> None:
    """Clients go on asking while one replica ends and another takes over, as behind a Service."""
    given = {
        "upstreams": {"tiny": {"url": engine.url, "model": "tiny-random-llama"}},
        "models": {"chat": {"upstreams": ["tiny"]}},
        "limits": {"default": {"requestsPerMinute": 100_000, "tokensPerMinute": 100_000_000}},
        "drain": {"delaySeconds": 1, "graceSeconds": 60},
    }
    old, new = start(given), start(given)
    routed = [old]
    ended = threading.Event()
    body = {"model": "chat", "prompt": "the", "max_tokens": 24, "ignore_eos": True, "stream": True}

    def ask_until_it_is_over() -> list[int]:
        counts = []
        with httpx.Client(timeout=60, headers=authorization()) as client:
            while not ended.is_set():
                with client.stream("POST", f"{routed[0].url}/v1/completions", json=body) as answer:
                    assert answer.status_code == 200, answer.read()
                    lines = [line for line in answer.iter_lines() if line]
                assert lines[-1] == "data: [DONE]"
                counts.append(len(lines))
        return counts

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask_until_it_is_over) for _ in range(4)]
        until(lambda: old.figure(REQUESTS) >= 8)
        old.signal(signal.SIGTERM)
        # What Kubernetes does when the pod is not ready any more.
        until(lambda: readiness(old) == 503)
        routed[0] = new
        assert old.wait(timeout=60) == 0
        until(lambda: new.figure(REQUESTS) >= 8)
        ended.set()
        counts = [count for client in clients for count in client.result(timeout=60)]
    assert len(counts) >= 16
    assert {line["outcome"] for line in old.log_lines() if line["logger"] == "adapter.access"} == {"ok"}


REQUESTS = 'adapter_requests_total{endpoint="/v1/completions",model="chat",outcome="ok",team="search"}'
