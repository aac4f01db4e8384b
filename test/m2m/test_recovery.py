"""Kills, cuts, damage, neighbours: the next start goes on, and no half is taken for the whole."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from m2m.hub import HubState, Repository
from m2m.machine import MODEL, PYTHON, REVISION, Machine, Result, until
from m2m.models import NEEDED, model_files

MIB = 1 << 20
SHARD = "model-00001-of-00002.safetensors"
SMALL_PARTS = ("--part-bytes", str(MIB), "--parallel", "2")


def is_whole(directory: Path, seed: int = 1, size: int = 3 * MIB) -> bool:
    files = model_files(seed, size)
    return all((directory / name).read_bytes() == files[name] for name in NEEDED)


def journal(machine: Machine) -> list[dict[str, object]]:
    """What the half that was fetched says of itself."""
    path = machine.models / ".m2m" / "partial" / "tiny" / ".journal"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def parts(machine: Machine) -> list[object]:
    """First bytes of the shard's parts that arrived."""
    return [line["start"] for line in journal(machine) if line.get("path") == SHARD and "start" in line]


def halfway(machine: Machine, hub: HubState) -> subprocess.Popen[str]:
    """A start of which everything has arrived but the second half of the shard's last part."""
    hub.held = {(SHARD, 2 * MIB)}
    process = machine.start(machine.command("entrypoint", machine.launch(), *SMALL_PARTS))
    until(lambda: sorted(map(str, parts(machine))) == ["0", str(MIB)] and 2 * MIB in hub.fetched(SHARD))
    return process


def killed_halfway(machine: Machine, hub: HubState, number: signal.Signals = signal.SIGKILL) -> Result:
    process = halfway(machine, hub)
    process.send_signal(number)
    result = machine.end(process)
    hub.held.clear()
    hub.let_go.set()
    return result


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_halfway_and_run_again(machine: Machine, hub: HubState, number: signal.Signals) -> None:
    result = killed_halfway(machine, hub, number)
    if number is signal.SIGTERM:
        assert result.code == 143
        assert result.said("stopped by a signal")
    else:
        assert result.code == -9
    assert not machine.directory().exists()
    hub.asked.clear()
    result = machine.run(machine.launch(), *SMALL_PARTS)
    assert result.code == 0, result.lines
    assert result.said("going on with a fetch that was cut off")
    assert hub.fetched(SHARD) == [2 * MIB], "what had arrived isn't fetched again"
    assert is_whole(machine.directory())


def test_a_journal_that_was_cut_off_in_the_middle_of_a_line(machine: Machine, hub: HubState) -> None:
    killed_halfway(machine, hub)
    with (machine.models / ".m2m" / "partial" / "tiny" / ".journal").open("a") as file:
        file.write('{"path": "model-00001-of-000')
    assert machine.run(machine.launch(), *SMALL_PARTS).code == 0
    assert is_whole(machine.directory())


def test_a_half_of_another_revision_counts_for_nothing(machine: Machine, hub: HubState) -> None:
    killed_halfway(machine, hub)
    hub.repositories[MODEL] = Repository("d" * 40, model_files(seed=2))
    result = machine.run(machine.launch(revision="d" * 40), *SMALL_PARTS)
    assert result.code == 0
    assert not result.said("going on with")
    assert is_whole(machine.directory(), seed=2)


def test_parts_that_lie_are_found_out(machine: Machine, hub: HubState) -> None:
    """A power failure can leave a journal that speaks of bytes which never came to the disk."""
    killed_halfway(machine, hub)
    with (machine.models / ".m2m" / "partial" / "tiny" / SHARD).open("r+b") as file:
        file.write(b"\0" * 1000)
    result = machine.run(machine.launch(), *SMALL_PARTS)
    assert result.code == 0
    assert result.said("the checksum is wrong")[0]["path"] == SHARD
    assert is_whole(machine.directory())


def test_connections_that_are_cut(machine: Machine, hub: HubState) -> None:
    hub.cuts = {SHARD: [MIB, 100_000], "tokenizer.json": [0, 4000]}
    hub.statuses = [503, 429]
    result = machine.run(machine.launch())
    assert result.code == 0, result.lines
    assert hub.fetched(SHARD) == [0, MIB, MIB + 100_000], "after a cut only the rest"
    assert is_whole(machine.directory())


def test_a_signed_url_that_ended_is_asked_for_anew(machine: Machine, hub: HubState) -> None:
    hub.ended = 2
    assert machine.run(machine.launch()).code == 0
    assert is_whole(machine.directory())


def test_the_token_goes_to_the_hub_alone(machine: Machine, hub: HubState) -> None:
    machine.secrets.append("hf_of_somebody_private")
    assert machine.run(machine.launch(), HF_TOKEN="hf_of_somebody_private\n").code == 0
    seen = {(server, token) for server, _, _, token in hub.asked}
    assert seen == {("hub", "Bearer hf_of_somebody_private"), ("cdn", None)}


def test_signatures_in_urls_are_not_logged(machine: Machine, hub: HubState) -> None:
    machine.secrets.append("secret-signature")
    hub.cuts = {SHARD: [0] * 9}
    result = machine.run(machine.launch())
    assert result.code == 69
    assert not machine.directory().exists()
    assert (machine.models / ".m2m" / "partial" / "tiny" / SHARD).exists(), "a later start goes on with it"


def test_wrong_bytes_once_are_fetched_again(machine: Machine, hub: HubState) -> None:
    hub.damaged = {SHARD: 1, "config.json": 1}
    result = machine.run(machine.launch())
    assert result.code == 0
    assert {line["path"] for line in result.said("the checksum is wrong")} == {SHARD, "config.json"}
    assert is_whole(machine.directory())


def test_two_at_once(machine: Machine, hub: HubState) -> None:
    first = halfway(machine, hub)
    second = machine.start(machine.command("entrypoint", machine.launch(), *SMALL_PARTS))
    assert second.stdout is not None
    waits = next(line for line in second.stdout if "waiting for another pod" in line)
    hub.let_go.set()
    results = [machine.end(process) for process in (first, second)]
    assert [result.code for result in results] == [0, 0], waits
    assert results[1].said("the cache has the model")
    assert sorted(hub.fetched(SHARD)) == [0, MIB, 2 * MIB], "fetched once"
    assert is_whole(machine.directory())


def test_the_second_goes_on_when_the_first_is_killed(machine: Machine, hub: HubState) -> None:
    first = halfway(machine, hub)
    second = machine.start(machine.command("entrypoint", machine.launch(), *SMALL_PARTS))
    assert second.stdout is not None
    waits = next(line for line in second.stdout if "waiting for another pod" in line)
    first.send_signal(signal.SIGKILL)
    machine.end(first)
    hub.let_go.set()
    assert machine.end(second).code == 0, waits
    assert sorted(hub.fetched(SHARD)) == [0, MIB, 2 * MIB, 2 * MIB], "it went on with the first one's half"
    assert is_whole(machine.directory())


def test_damage_in_the_cache_is_mended(machine: Machine, hub: HubState) -> None:
    assert machine.run(machine.launch()).code == 0
    shard = machine.directory() / SHARD
    shard.write_bytes(b"\0" * shard.stat().st_size)
    (machine.directory() / "config.json").unlink()
    hub.asked.clear()
    result = machine.run(machine.launch())
    assert result.code == 0
    damaged = {line["path"] for line in result.said("a file in the cache is damaged")}
    assert damaged == {str(shard), str(machine.directory() / "config.json")}
    assert is_whole(machine.directory())
    fetched = {path.rpartition("/")[2] for server, path, _, _ in hub.asked if server == "cdn"}
    assert fetched == {SHARD}, "large files that are right stay"


def test_damage_that_cannot_be_mended_is_not_served(machine: Machine, hub: HubState) -> None:
    assert machine.run(machine.launch()).code == 0
    shard = machine.directory() / SHARD
    shard.write_bytes(b"\0" * shard.stat().st_size)
    hub.repositories.clear()
    result = machine.run(machine.launch())
    assert result.code == 77
    assert not any("engine" in line for line in result.lines)


def test_the_marker_is_believed_while_size_and_time_are_the_same(machine: Machine) -> None:
    """It saves hashing a hundred GiB at each start. A change that keeps the time is not found out."""
    assert machine.run(machine.launch()).code == 0
    shard = machine.directory() / SHARD
    before = shard.stat()
    shard.write_bytes(b"\0" * before.st_size)
    os.utime(shard, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = machine.run(machine.launch())
    assert result.said("the cache has the model")
    (machine.directory() / ".verified.json").unlink()
    assert machine.run(machine.launch()).said("a file in the cache is damaged")


def test_another_revision_takes_the_place_of_the_first(machine: Machine, hub: HubState) -> None:
    assert machine.run(machine.launch()).code == 0
    files = model_files()
    files["config.json"] = b'{"model_type": "llama", "rope_theta": 1}\n'
    hub.repositories[MODEL] = Repository("d" * 40, files)
    hub.asked.clear()
    assert machine.run(machine.launch(revision="d" * 40)).code == 0
    assert (machine.directory() / "config.json").read_bytes() == files["config.json"]
    assert hub.fetched(SHARD) == [], "what is the same in both isn't fetched again"
    assert not list((machine.models / ".m2m" / "trash").iterdir())


def neighbour(machine: Machine, hub: HubState, name: str, used: float) -> None:
    """Another model in the cache, of 3 MiB, used last at that time."""
    hub.repositories[f"acme/{name}"] = Repository(REVISION, model_files(seed=3, size=2 * MIB))
    assert machine.run(machine.launch(name, model=f"acme/{name}")).code == 0
    os.utime(machine.models / ".m2m" / "locks" / f"{name}.use", (used, used))


def test_room_is_made_of_what_was_used_least_recently(
    machine: Machine, hub: HubState, small_disk: Path
) -> None:
    neighbour(machine, hub, "newer", used=2000)
    neighbour(machine, hub, "older", used=1000)
    result = machine.run(machine.launch())
    assert result.code == 0, result.lines
    assert [line["model"] for line in result.said("removing a model")] == ["older"]
    assert not machine.directory("older").exists()
    assert machine.directory("newer").exists()
    assert is_whole(machine.directory())


def test_what_is_in_use_stays(machine: Machine, hub: HubState, small_disk: Path) -> None:
    neighbour(machine, hub, "serving", used=1000)
    launch = machine.launch("serving", model="acme/serving")
    engine = machine.start(machine.command("entrypoint", launch), ENGINE_SERVES="1")
    assert engine.stdout is not None
    next(line for line in engine.stdout if '"engine"' in line)
    try:
        hub.repositories[MODEL].files = model_files(size=5 * MIB)
        result = machine.run(machine.launch())
        assert result.code == 73
        assert "serving are in use" in str(result.failure["message"])
        assert machine.directory("serving").exists()
    finally:
        engine.kill()
        machine.end(engine)
    assert machine.run(machine.launch()).code == 0, "once its engine ended, it may go"
    assert not machine.directory("serving").exists()


def test_a_model_in_a_read_only_image_is_served(machine: Machine, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")
    assert machine.run(machine.launch()).code == 0
    shutil.rmtree(machine.models / ".m2m")
    subprocess.run(["mount", "--bind", machine.models, machine.models], check=True)  # noqa: S607
    subprocess.run(["mount", "-o", "remount,bind,ro", machine.models], check=True)  # noqa: S607
    try:
        assert machine.run(machine.launch()).code == 0
        result = machine.run(machine.launch(revision="d" * 40))
        assert result.code == 73
        assert "Read-only file system" in str(result.failure["message"])
    finally:
        subprocess.run(["umount", "--lazy", machine.models], check=True)  # noqa: S607


def test_files_lie_as_they_were_published(machine: Machine, hub: HubState) -> None:
    """Modules of sentence-transformers lie in folders, and an empty file is a file."""
    files = {
        "config.json": b"{}",
        "modules.json": b"[]",
        "1_Pooling/config.json": b'{"pooling_mode_cls_token": true}',
        "onnx/model.onnx": b"?" * 9000,
        "vocab.txt": b"",
        "model.safetensors": b"x" * 5000,
    }
    hub.repositories[MODEL].files = files
    assert machine.run(machine.launch()).code == 0
    manifest = json.loads((machine.directory() / "manifest.json").read_text())
    assert [entry["path"] for entry in manifest["files"]] == sorted(set(files) - {"onnx/model.onnx"})
    for entry in manifest["files"]:
        body = (machine.directory() / entry["path"]).read_bytes()
        assert body == files[entry["path"]]
        assert entry["sha256"] == hashlib.sha256(body).hexdigest()


def test_the_program_is_found_wherever_it_is_mounted(machine: Machine) -> None:
    result = subprocess.run(
        [PYTHON, str(machine.mounted / "entrypoint"), "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={},
    )
    assert "--launch" in result.stdout
