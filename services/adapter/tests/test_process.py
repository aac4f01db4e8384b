"""What the process shows of itself: logs without what was said, figures with few labels."""

import re
import subprocess
import sys

import httpx
import pytest
from adapter.keys import hash_of

from tests.conftest import Start
from tests.scripted import Scripted
from tests.servers import KEYS, SERVICE, Adapter, authorization, free_port
from tests.test_streaming import BODY, settings


def test_logs_who_and_how_much_but_never_what(start: Start, first: Scripted) -> None:
    server = start(settings(first, logLevel="DEBUG"))
    headers = {**authorization(), "X-Request-ID": "review-42"}
    answer = httpx.post(f"{server.url}/v1/chat/completions", json=BODY, headers=headers)
    assert answer.headers["x-request-id"] == "review-42"
    line = server.access("review-42")
    expected = {
        "status": 200,
        "outcome": "ok",
        "team": "search",
        "model": "chat",
        "upstream": "up0",
        "stream": True,
        "prompt_tokens": 3,
        "generated_tokens": 2,
        "path": "/v1/chat/completions",
    }
    assert {name: line[name] for name in expected} == expected
    assert line["first_token_ms"]
    # What cannot be parsed is not repeated either.
    refused = {**BODY, "messages": "secret words", "max_tokens": "secret words"}
    answer = httpx.post(f"{server.url}/v1/chat/completions", json=refused, headers=headers)
    assert answer.status_code == 400
    assert "secret" not in answer.text
    httpx.post(
        f"{server.url}/v1/chat/completions", json=BODY, headers={"Authorization": "Bearer sk-mistyped"}
    )
    log = server.log.read_text()
    for said in ("secret words", "two words", KEYS["search"], "sk-mistyped", hash_of(KEYS["search"])):
        assert said not in log


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "{}\"'"])
def test_a_request_id_that_could_harm_the_log_is_replaced(api: httpx.Client, given: str) -> None:
    identity = api.get("/v1/models", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", identity)


def test_counts_tokens_and_times_by_team_and_model(api: httpx.Client, service: Adapter) -> None:
    labels = '{model="chat",team="search",upstream="tiny"}'
    names = ("adapter_prompt_tokens_total", "adapter_generated_tokens_total")
    before = [service.figure(name + labels) for name in names]
    first = service.figure('adapter_time_to_first_token_seconds_count{model="chat"}')
    between = service.figure('adapter_inter_token_latency_seconds_count{model="chat"}')
    body = {"model": "chat", "prompt": "the", "max_tokens": 9, "ignore_eos": True}
    usage = api.post("/v1/completions", json=body).json()["usage"]
    assert api.post("/v1/completions", json={**body, "stream": True}).text.endswith("data: [DONE]\n\n")
    taken = [service.figure(name + labels) - had for name, had in zip(names, before, strict=True)]
    assert taken == [2 * usage["prompt_tokens"], 2 * usage["completion_tokens"]]
    assert service.figure('adapter_time_to_first_token_seconds_count{model="chat"}') == first + 1
    # The first token is in none of the gaps.
    assert 1 <= service.figure('adapter_inter_token_latency_seconds_count{model="chat"}') - between <= 8
    assert service.figure("adapter_in_flight_requests") == 0


def test_what_clients_make_up_is_no_label(api: httpx.Client, service: Adapter) -> None:
    for number in range(3):
        api.post("/v1/completions", json={"model": f"made-up-{number}", "prompt": "a"})
        api.get(f"/made-up-{number}")
    figures = httpx.get(f"{service.admin}/metrics").text
    assert "made-up" not in figures
    series = {
        line.split(" ")[0] for line in figures.splitlines() if line.startswith("adapter_requests_total{")
    }
    assert 'adapter_requests_total{endpoint="none",model="",outcome="unknown_url",team=""}' in series


def test_clients_reach_no_health_and_no_figures(api: httpx.Client, service: Adapter) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert api.get(path).status_code == 404
        assert httpx.get(f"{service.admin}{path}").status_code == 200


def test_a_port_that_is_taken_ends_the_process(start: Start, first: Scripted) -> None:
    server = start(settings(first))
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(AssertionError, match="address already in use"):
        start(settings(first, listen={"host": "127.0.0.1", "port": port, "adminPort": free_port()}))


def test_makes_keys_that_fit_the_key_file() -> None:
    made = [
        subprocess.run(
            [sys.executable, "-m", "adapter.keys"], cwd=SERVICE, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    for key, hashed in made:
        assert hash_of(key) == hashed
        assert len(key) >= 46
    assert made[0] != made[1]
