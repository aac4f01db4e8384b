"""Weights that an image has in it: put there once, found by the entrypoint without asking anybody."""

import subprocess
from pathlib import Path

import pytest

from m2m.hub import VALID_TOKEN, HubState
from m2m.machine import MODEL, PYTHON, REVISION, SOURCES, Machine, Result, mount
from m2m.models import NEEDED, model_files


@pytest.fixture
def baking(machine: Machine) -> Machine:
    mount(SOURCES / "bake", machine.mounted / "bake")
    return machine


def bake(machine: Machine, **environment: str) -> Result:
    return machine.end(machine.start(baking_command(machine, REVISION), **environment))


def everything(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_an_image_has_the_model_and_nothing_of_the_machine_that_built_it(baking: Machine) -> None:
    result = bake(baking)
    assert result.code == 0, result.lines
    assert everything(baking.models) == sorted(f"tiny/{name}" for name in [*NEEDED, "manifest.json"])
    files = model_files()
    assert all((baking.directory() / name).read_bytes() == files[name] for name in NEEDED)


def test_the_engine_starts_from_it_read_only_and_asks_nobody(baking: Machine, hub: HubState) -> None:
    assert bake(baking).code == 0
    hub.asked.clear()
    before = everything(baking.models)
    mounted = subprocess.run(["mount", "--bind", baking.models, baking.models], check=False)  # noqa: S607
    if mounted.returncode != 0:
        pytest.skip("mounting takes root")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", baking.models], check=True)  # noqa: S607
        result = baking.run(baking.launch())
        assert result.code == 0, result.lines
        assert result.said("the cache has the model")
        # Another commit isn't in it, and can't be put there either.
        other = baking.run(baking.launch(revision="d" * 40))
        assert other.code == 73, other.lines
    finally:
        subprocess.run(["umount", baking.models], check=True)  # noqa: S607
    assert hub.asked == []
    assert everything(baking.models) == before


def test_a_gated_model_takes_the_token_that_is_mounted(baking: Machine, hub: HubState) -> None:
    hub.repositories[MODEL].gated = True
    assert bake(baking).code == 77
    assert not baking.directory().exists()
    baking.secrets.append(VALID_TOKEN)
    token = baking.folder / "token"
    token.write_text(VALID_TOKEN)
    assert bake(baking, HF_TOKEN_PATH=str(token)).code == 0
    kept = [(baking.models / name).read_bytes() for name in everything(baking.models)]
    assert all(VALID_TOKEN.encode() not in text for text in kept)


def test_a_branch_is_no_revision(baking: Machine, hub: HubState) -> None:
    result = subprocess.run(
        baking_command(baking, "main"), env=baking.environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "main: a commit of 40 hexadecimal digits is expected" in result.stderr
    assert hub.asked == []


def baking_command(machine: Machine, revision: str) -> list[str]:
    directory = str(machine.directory())
    program = str(machine.mounted / "bake")
    model = ["--model", MODEL, "--revision", revision]
    return [PYTHON, program, *model, "--directory", directory, "--attempts", "3"]
