"""What docs/serving/launch.schema.json allows and what the entrypoint accepts are the same."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from entrypoint.failures import Failure
from entrypoint.launch import read_launch

from m2m.machine import SOURCES

SCHEMA = SOURCES.parent / "docs" / "serving" / "launch.schema.json"

GOOD: dict[str, object] = {
    "model": "Qwen/Qwen3-8B",
    "revision": "0123456789abcdef0123456789abcdef01234567",
    "engine": "vllm",
    "weights": {
        "directory": "/models/qwen3-8b",
        "source": "s3://acme-prod-models/weights/Qwen/Qwen3-8B/main",
    },
    "hardware": {"gpus": 1, "gpuMemoryMiB": 22888, "computeCapability": "8.9"},
    "arguments": {
        "max-model-len": 16384,
        "gpu-memory-utilization": 0.85,
        "enable-prefix-caching": True,
        "served-model-name": ["chat", "Qwen/Qwen3-8B"],
        "quantization": "fp8",
        "speculative-config": {"method": "ngram"},
    },
}

VALUES: dict[str, list[object]] = {
    "model": ["tiny", "a/b/c", "", 1, None, "../etc", "a" * 97 + "/b", "a/b", "A-1.x_y/b"],
    "revision": [None, "main", "0" * 39, "F" * 40, "f" * 40, 7],
    "engine": ["tgi", "ollama", "", None],
    "weights": [None, [], "hub", {}],
    "weights.directory": [
        "/models",
        "models/a",
        "/models/a",
        "/a/b/c",
        "/models/../etc",
        "/models/.",
        "/models/..a",
        3,
    ],
    "weights.source": [
        "hub",
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/a",
        "s3://B/a",
        "https://a/b",
        None,
    ],
    "weights.tokenSecret": [None, "serving/hugging-face", "Not A Name", ""],
    "weights.token": ["hf_oops"],
    "hardware.gpus": [0, 64, 65, -1, "1", 1.5, None, True],
    "hardware.gpuMemoryMiB": [0, 81559, -1, "22888"],
    "hardware.computeCapability": ["9.0", "12.0", "9", 9.0, "a.b"],
    "arguments": [{}, [], None],
    "arguments.seed": [None, 0, -1, 0.5, "x", False, [], [[]], [None], ["a", 1], {}],
    "arguments.Max_len": [1],
    "arguments.--seed": [1],
    "arguments.api-key": ["secret"],
    "arguments.hf-token": ["secret"],
    "arguments.config": ["x"],
    "arguments.model": ["x"],
    "arguments.model-id": ["x"],
    "arguments.revision": ["x"],
    "arguments.download-dir": ["x"],
    "arguments.huggingface-hub-cache": ["x"],
    "more": [1],
}

CHECK = """
import json, sys
from jsonschema import Draft7Validator
schema, given = json.load(sys.stdin)
Draft7Validator.check_schema(schema)
json.dump([Draft7Validator(schema).is_valid(each) for each in given], sys.stdout)
"""


def changed(path: str, value: object) -> dict[str, object]:
    launch = copy.deepcopy(GOOD)
    outer, _, inner = path.partition(".")
    if inner:
        within = launch[outer]
        assert isinstance(within, dict)
        within[inner] = value
    else:
        launch[outer] = value
    return launch


def is_accepted(folder: Path, launch: dict[str, object]) -> bool:
    file = folder / "launch.json"
    file.write_text(json.dumps(launch))
    try:
        read_launch(file)
    except Failure:
        return False
    return True


def test_both_accept_and_refuse_the_same(tmp_path: Path) -> None:
    cases = [(path, value) for path, values in VALUES.items() for value in values]
    given = [GOOD, *(changed(*case) for case in cases)]
    checked = subprocess.run(
        [sys.executable, "-c", CHECK],
        input=json.dumps([json.loads(SCHEMA.read_text()), given]),
        env={"PYTHONPATH": os.environ["M2M_MOTO"]},
        capture_output=True,
        text=True,
        check=True,
    )
    verdicts = json.loads(checked.stdout)
    assert verdicts[0], "the example is good"
    ours = [is_accepted(tmp_path, launch) for launch in given]
    different = [
        case for case, one, other in zip([None, *cases], verdicts, ours, strict=True) if one != other
    ]
    assert different == []
    assert {True, False} == set(verdicts)


@pytest.mark.parametrize("field", ["model", "engine", "weights", "hardware", "arguments"])
def test_no_field_may_be_left_out(tmp_path: Path, field: str) -> None:
    launch = {name: value for name, value in GOOD.items() if name != field}
    assert not is_accepted(tmp_path, launch)
