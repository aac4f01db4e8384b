"""One hub and one S3 for all tests, and a machine for each."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from m2m.aws import Aws, running_aws
from m2m.hub import HubState, Repository, running_hub
from m2m.machine import MODEL, REVISION, Machine
from m2m.messages import PAGE, Page
from m2m.models import model_files


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-messages", action="store_true", help=f"writes {PAGE.name} anew")


@pytest.fixture
def hub() -> Iterator[HubState]:
    with running_hub() as state:
        state.repositories[MODEL] = Repository(REVISION, model_files())
        yield state


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with running_aws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, hub: HubState) -> Machine:
    return Machine(tmp_path, {"HF_ENDPOINT": hub.hub})


@pytest.fixture(scope="session")
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    page = Page()
    yield page
    if request.config.getoption("--update-messages"):
        page.write()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")
    disk = tmp_path / "models"
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)  # noqa: S607
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)  # noqa: S607
