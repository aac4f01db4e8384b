"""What the engines' own code says of rendered settings: JSON on standard input, JSON on standard output.

    {"vllm": [{...}], "tritonSettings": [{...}], "tritonModels": ["..."], "launches": [{...}], "schema": {...}}

Each list is answered by one of the same length, whose elements have `error`, null where all is well.
"""

import json
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from absent import allow_absence

allow_absence()

import tritonclient  # noqa: E402
import vllm.platforms  # noqa: E402
from google.protobuf import json_format, text_format  # noqa: E402
from jsonschema import Draft7Validator  # noqa: E402
from vllm.platforms.cuda import NonNvmlCudaPlatform  # noqa: E402

vllm.platforms._current_platform = NonNvmlCudaPlatform()  # noqa: SLF001 - else it looks for a GPU

from vllm.engine.arg_utils import AsyncEngineArgs  # noqa: E402
from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args  # noqa: E402
from vllm.utils.argparse_utils import FlexibleArgumentParser  # noqa: E402

sys.path.insert(0, str(Path(tritonclient.__file__).parent / "grpc"))
from model_config_pb2 import ModelConfig  # noqa: E402


class _Refused(Exception):  # noqa: N818
    pass


class _Parser(FlexibleArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Refused(message)


def judge_vllm(settings: dict[str, Any], parser: _Parser, folder: Path) -> dict[str, Any]:
    """Has `vllm serve --config` read them, as the entrypoint writes them."""
    file = folder / "vllm.yaml"
    file.write_text(json.dumps(settings))
    try:
        parsed = parser.parse_args(["--config", str(file)])
        validate_parsed_serve_args(parsed)
    except (_Refused, TypeError, ValueError) as error:
        return {"error": str(error)}
    said = {name: getattr(parsed, name.replace("-", "_")) for name in settings}
    return {"error": None, "parsed": said}


def judge_triton_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Whether each is a setting of vLLM's engine."""
    known = {field.name for field in fields(AsyncEngineArgs)}
    unknown = sorted(set(settings) - known)
    return {"error": f"unknown: {', '.join(unknown)}" if unknown else None}


def judge_triton_model(text: str) -> dict[str, Any]:
    """Parses protobuf text by Triton's schema."""
    try:
        parsed = text_format.Parse(text, ModelConfig())
    except text_format.ParseError as error:
        return {"error": str(error)}
    return {"error": None, "parsed": json_format.MessageToDict(parsed)}


def judge_launch(launch: dict[str, Any], validator: Draft7Validator) -> dict[str, Any]:
    """Validates it by the schema."""
    errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(launch)]
    return {"error": "; ".join(errors) or None}


def main() -> None:
    """Answers one question."""
    asked = json.load(sys.stdin)
    parser = make_arg_parser(_Parser())
    validator = Draft7Validator(asked["schema"])
    with tempfile.TemporaryDirectory() as folder:
        answer = {
            "vllm": [judge_vllm(settings, parser, Path(folder)) for settings in asked["vllm"]],
            "tritonSettings": [judge_triton_settings(settings) for settings in asked["tritonSettings"]],
            "tritonModels": [judge_triton_model(text) for text in asked["tritonModels"]],
            "launches": [judge_launch(launch, validator) for launch in asked["launches"]],
        }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
