"""A start that works: what the engine gets."""

import json
import signal

from m2m.hub import HubState
from m2m.machine import L4, MODEL, REVISION, Machine
from m2m.models import NEEDED


def test_vllm_gets_its_arguments_in_a_file(machine: Machine) -> None:
    arguments = {"max-model-len": 4096, "enforce-eager": True, "served-model-name": ["tiny", "acme/tiny"]}
    result = machine.run(machine.launch(arguments=arguments), HF_TOKEN="hf_for_the_hub_only")
    assert result.code == 0, result.lines
    engine = result.engine
    argv = engine["argv"]
    assert isinstance(argv, list)
    assert argv[:2] == ["serve", "--config"]
    assert argv[2].endswith(".yaml")
    assert json.loads(str(engine["config"])) == {"model": str(machine.directory()), **arguments}


def test_the_engine_starts_as_if_nobody_had_run_before(machine: Machine) -> None:
    result = machine.run(machine.launch(), HF_TOKEN="hf_for_the_hub_only", VLLM_API_KEY="sk-for-the-engine")
    environment = result.engine["environment"]
    assert isinstance(environment, dict)
    assert "HF_TOKEN" not in environment
    assert environment["VLLM_API_KEY"] == "sk-for-the-engine"
    assert environment["HF_HUB_OFFLINE"] == "1"
    # SIGPIPE is what Python ignores by itself: the engine here is Python as well.
    assert set(result.engine["ignored"]) <= {"SIGPIPE", "SIGXFSZ"}  # type: ignore[call-overload]


def test_tgi_gets_flags(machine: Machine) -> None:
    arguments = {"num-shard": 2, "sharded": True, "trust-remote-code": True, "disable-grammar-support": False}
    result = machine.run(machine.launch(engine="tgi", arguments=arguments))
    assert result.engine["engine"] == "text-generation-launcher"
    assert result.engine["argv"] == [
        *("--model-id", str(machine.directory())),
        *("--num-shard", "2", "--sharded", "true", "--trust-remote-code"),
    ]


def test_only_what_the_engine_needs_is_fetched(machine: Machine) -> None:
    assert machine.run(machine.launch()).code == 0
    directory = machine.directory()
    names = sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())
    assert names == sorted([*NEEDED, "manifest.json", ".verified.json"])
    manifest = json.loads((directory / "manifest.json").read_text())
    assert (manifest["model"], manifest["revision"]) == (MODEL, REVISION)
    assert [file["path"] for file in manifest["files"]] == NEEDED
    assert not (machine.models / ".m2m" / "partial" / "tiny").exists()


def test_the_second_start_asks_nobody(machine: Machine, hub: HubState) -> None:
    assert machine.run(machine.launch()).code == 0
    hub.asked.clear()
    result = machine.run(machine.launch())
    assert result.code == 0
    assert result.said("the cache has the model")
    assert hub.asked == []


def test_signals_reach_the_engine_because_it_has_the_same_process(machine: Machine) -> None:
    process = machine.start(machine.command("entrypoint", machine.launch()), ENGINE_SERVES="1")
    assert process.stdout is not None
    line = next(line for line in process.stdout if '"engine"' in line)
    assert json.loads(line)["pid"] == process.pid
    process.send_signal(signal.SIGTERM)
    result = machine.end(process)
    assert result.code == 0
    assert result.engine == {"engine": "stopped", "signal": signal.SIGTERM}


def test_no_gpu_is_looked_for_where_none_is_needed(machine: Machine) -> None:
    (machine.bin / "nvidia-smi").unlink()
    assert machine.run(machine.launch(hardware={"gpus": 0})).code == 0


def test_more_gpus_than_needed_are_told(machine: Machine) -> None:
    machine.gpus([L4, L4])
    result = machine.run(machine.launch())
    assert result.code == 0
    assert result.said("more GPUs than it uses")


def test_mig_slices_count_instead_of_their_card(machine: Machine) -> None:
    card = "NVIDIA A100-SXM4-80GB, 81920, 8.0"
    listed = "GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-1)\n"
    listed += "".join(f"  MIG 3g.40gb     Device  {n}: (UUID: MIG-{n})\n" for n in range(2))
    machine.gpus([card], slices=listed)
    needed = {"gpus": 2, "gpuMemoryMiB": 40000, "computeCapability": "8.0"}
    assert machine.run(machine.launch(hardware=needed)).code == 0
    result = machine.run(machine.launch(hardware={**needed, "gpuMemoryMiB": 80000}))
    assert "GPU too small: MIG slice of 40 GB" in str(result.failure["message"])


def test_without_a_pinned_revision_the_newest_is_taken_once(machine: Machine, hub: HubState) -> None:
    result = machine.run(machine.launch(revision=None))
    assert result.code == 0
    assert result.said("no revision is pinned")[0]["revision"] == REVISION
    hub.repositories[MODEL].revision = "d" * 40
    assert machine.run(machine.launch(revision=None)).code == 0
    assert json.loads((machine.directory() / "manifest.json").read_text())["revision"] == REVISION
