"""The process starts only with settings that can work, and says everything that is wrong at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from adapter.load import FaultsError, load_config
from adapter.schema import schema
from adapter.settings import Limits

from tests.servers import SERVICE, image_command

EXAMPLE = SERVICE / "config.example.yaml"
SCHEMA = SERVICE / "config.schema.json"

GOOD = {
    "keysFile": "keys.yaml",
    "upstreams": {"a": {"url": "http://vllm:8000", "model": "m"}},
    "models": {"chat": {"upstreams": ["a"]}},
}


def run(config: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "ADAPTER_CONFIG": str(config), "PYTHONPATH": str(SERVICE)}
    return subprocess.run(image_command(), env=env, capture_output=True, text=True, timeout=60, check=False)


def test_everything_that_is_wrong_in_one_message_and_code_2(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    content = {
        "keysFile": "keys.yaml",
        "listen": {"port": 70000},
        "upstreams": {"a": {"url": "vllm:8000", "model": "m", "timeout": 3}},
        "models": {
            "chat": {"upstreams": ["a", "b", "a"], "aliases": ["code"]},
            "code": {"upstreams": []},
        },
        "limits": {"batch": {"maxTokens": 5, "defaultMaxTokens": 6}},
        "teams": {"search": {"limits": "bach", "models": ["talk"]}},
    }
    config.write_text(yaml.safe_dump(content))
    ended = run(config)
    assert ended.returncode == 2
    assert ended.stdout == ""
    head, *faults = ended.stderr.splitlines()
    assert head == f"adapter: {config}: 10 faults"
    for part in (
        "listen.port: Input should be less than or equal to 65535 (is 70000)",
        "upstreams.a.url: ",
        "upstreams.a.timeout: Extra inputs are not permitted (is 3)",
        "models.code.upstreams: List should have at least 1 item",
        "limits.batch: Value error, defaultMaxTokens 6 is above maxTokens 5",
        "models.chat.upstreams.1: 'b' is not there (known: a)",
        "models.chat.upstreams.2: 'a' is in the chain already",
        "models.chat.aliases.0: 'code' is taken by models.code",
        "teams.search.limits: 'bach' is not there (known: default, batch)",
        "teams.search.models.0: 'talk' is not there (known: chat, code)",
    ):
        assert [fault for fault in faults if fault.startswith(f"  {part}")], part


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [", "line 1"),
        ("- 1", "the whole: "),
        ("a: b: c", "line 1, column 5"),
        ("\x00", "YAML does not allow"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, text: str, fault: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(text)
    with pytest.raises(FaultsError, match=fault):
        load_config(config)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    ended = run(tmp_path / "none.yaml")
    assert (ended.returncode, "No such file" in ended.stderr) == (2, True)
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({**GOOD, "keysFile": str(tmp_path / "keys.yaml")}))
    ended = run(config)
    assert (ended.returncode, "keys.yaml: 1 fault" in ended.stderr) == (2, True)
    assert "Traceback" not in ended.stderr


def test_a_plain_key_in_the_key_file_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "keys.yaml").write_text("teams: {search: [sk-plain]}")
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({**GOOD, "keysFile": str(tmp_path / "keys.yaml")}))
    ended = run(config)
    assert ended.returncode == 2
    assert "teams.search.0: " in ended.stderr
    assert "sk-plain" not in ended.stderr


def test_the_example_is_good() -> None:
    config = load_config(EXAMPLE)
    assert config.limits_of("batch").requests_per_minute == 60
    assert config.limits_of("nobody") == Limits(tokens_per_minute=200_000)


def test_the_schema_is_up_to_date_and_agrees() -> None:
    current = json.loads(schema())
    assert json.loads(SCHEMA.read_text()) == current, f"{sys.executable} -m adapter.schema > config.schema.json"
    validator = jsonschema.Draft202012Validator(current)
    assert list(validator.iter_errors(yaml.safe_load(EXAMPLE.read_text()))) == []
    assert list(validator.iter_errors(GOOD)) == []
    assert list(validator.iter_errors({**GOOD, "keyfile": "x"}))
