"""What the adapter adds: python adapter_load.py FOLDER, with services/adapter on the path. Prints JSON.

The engine is llama.cpp with a model that takes next to no time: what is seen is the adapter's own work. The
same client asks the engine and the adapter in turn; the ratios are medians over neighbouring runs.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx
from tests.servers import ENGINE, KEYS, Adapter, Engine

ROUNDS = 7
CONCURRENCY = (1, 4, 16)
REQUESTS = 48
TOKENS = 64
HEADERS = {"Authorization": f"Bearer {KEYS['search']}", "Connection": "close"}
# As the adapter does it itself.
LIMITS = httpx.Limits(max_keepalive_connections=0)
BODY = {"model": "tiny", "prompt": "the", "max_tokens": TOKENS, "ignore_eos": True, "stream": True}


async def stream(client: httpx.AsyncClient) -> tuple[float, int]:
    """Seconds to the first event, and how many there were."""
    started = time.perf_counter()
    first, events = 0.0, 0
    async with client.stream("POST", "/v1/completions", json=BODY) as answer:
        answer.raise_for_status()
        async for received in answer.aiter_raw():
            first = first or time.perf_counter() - started
            events += received.count(b"data: ")
    return first, events


async def run(url: str, concurrency: int) -> dict[str, float]:
    """Tokens per second over all streams, and the median time to the first event of one."""
    client = httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=120, limits=LIMITS)
    firsts: list[float] = []
    left = iter(range(REQUESTS))

    async def ask() -> None:
        for _ in left:
            first, events = await stream(client)
            if events < TOKENS:
                raise SystemExit(f"{url}: a stream had {events} events")
            firsts.append(first)

    async with client:
        started = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(concurrency)))
        seconds = time.perf_counter() - started
    return {"tokens_per_second": REQUESTS * TOKENS / seconds, "first_ms": statistics.median(firsts) * 1000}


def cpu_seconds(adapter: Adapter) -> float:
    """CPU time of the adapter's process so far."""
    return adapter.figure("process_cpu_seconds_total")


def measure(engine: Engine, adapter: Adapter) -> list[dict[str, float]]:
    """One row for each number of streams at a time."""
    rows = []
    for concurrency in CONCURRENCY:
        pairs, cpu = [], 0.0
        for _ in range(ROUNDS):
            direct = asyncio.run(run(engine.url, concurrency))
            before = cpu_seconds(adapter)
            through = asyncio.run(run(adapter.url, concurrency))
            cpu += cpu_seconds(adapter) - before
            pairs.append((direct, through))

        def median(of: str, side: int, pairs: list[tuple[dict[str, float], ...]] = pairs) -> float:
            return statistics.median(pair[side][of] for pair in pairs)

        rows.append(
            {
                "streams": concurrency,
                "direct_tokens_per_second": median("tokens_per_second", 0),
                "through_tokens_per_second": median("tokens_per_second", 1),
                "throughput_ratio": statistics.median(
                    through["tokens_per_second"] / direct["tokens_per_second"] for direct, through in pairs
                ),
                "direct_first_ms": median("first_ms", 0),
                "added_first_ms": statistics.median(
                    through["first_ms"] - direct["first_ms"] for direct, through in pairs
                ),
                "cpu_microseconds_per_token": cpu / (ROUNDS * REQUESTS * TOKENS) * 1e6,
            }
        )
    return rows


def main(folder: Path) -> None:
    """Start both, measure, end both."""
    model = folder / "tiny.gguf"
    subprocess.run([sys.executable, str(ENGINE / "tiny_model.py"), str(model)], check=True)  # noqa: S603
    places = [folder / name for name in ("engine", "adapter")]
    for place in places:
        place.mkdir()
    engine = Engine(places[0], model, "tiny")
    adapter = Adapter(
        places[1],
        {
            "upstreams": {"tiny": {"url": engine.url, "model": "tiny"}},
            "models": {"tiny": {"upstreams": ["tiny"]}},
            "limits": {
                "default": {
                    "concurrent": 100,
                    "requestsPerMinute": 10_000_000,
                    "tokensPerMinute": 1_000_000_000,
                }
            },
        },
    )
    try:
        engine.start()
        adapter.start()
        rows = measure(engine, adapter)
        memory = adapter.figure("process_resident_memory_bytes") / 2**20
    finally:
        adapter.kill()
        engine.kill()
    sys.stdout.write(json.dumps({"rows": rows, "memory_mib": memory, "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
