"""One engine for all tests, one service for those that need no settings of their own."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.scripted import Scripted, scripted
from tests.servers import ENGINE, Adapter, Engine, authorization

TINY = "tiny-random-llama"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("engine")
    model = folder / "tiny.gguf"
    subprocess.run([sys.executable, str(ENGINE / "tiny_model.py"), str(model)], check=True)
    server = Engine(folder, model, TINY)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def service(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adapter]:
    """In front of the real engine; `chat` is its model, `vectors` the same for embeddings."""
    server = Adapter(
        tmp_path_factory.mktemp("service"),
        {
            "upstreams": {"tiny": {"url": engine.url, "model": TINY}},
            "models": {
                "chat": {"upstreams": ["tiny"], "aliases": ["chat:latest"]},
                "vectors": {"upstreams": ["tiny"], "embeds": True},
            },
            "limits": {"default": {"defaultMaxTokens": 32}},
            "teams": {"batch": {"models": ["vectors"]}},
        },
    )
    server.start()
    yield server
    server.kill()


@pytest.fixture
def api(service: Adapter) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, headers=authorization(), timeout=60) as client:
        yield client


@pytest.fixture
def first() -> Iterator[Scripted]:
    with scripted() as upstream:
        yield upstream


@pytest.fixture
def second() -> Iterator[Scripted]:
    with scripted() as upstream:
        yield upstream


Start = Callable[[Mapping[str, object]], Adapter]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the service with settings of a test's own."""
    started: list[Adapter] = []

    def start_one(settings: Mapping[str, object]) -> Adapter:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        server = Adapter(folder, settings)
        started.append(server)
        server.start()
        return server

    yield start_one
    for server in started:
        server.kill()
