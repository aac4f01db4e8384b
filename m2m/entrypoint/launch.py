"""launch.json: which model, from where, on which GPUs, by which engine with which arguments."""

import re
from dataclasses import dataclass
from pathlib import Path

from entrypoint.reading import COMMIT, MODEL, Reader, judged, read_object
from entrypoint.s3 import S3_URL

ENGINES = ("vllm", "tgi")
HUB = "hub"

_DIRECTORY = re.compile(r"(/(?!\.{1,2}(/|$))[^/\0]+){2,}")
_SOURCE = re.compile(f"{HUB}|{S3_URL.pattern}")
_CAPABILITY = re.compile(r"\d{1,2}\.\d")
_SECRET_NAME = re.compile(r"[a-z0-9][a-z0-9./-]{0,316}")
_FLAG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OURS = {
    "config": "the entrypoint writes that file",
    "model": "weights say where the model is",
    "model-id": "weights say where the model is",
    "model-tag": "weights say where the model is",
    "revision": "the field revision, beside arguments",
    "download-dir": "the entrypoint fetches the weights, to weights.directory",
    "huggingface-hub-cache": "the entrypoint fetches the weights, to weights.directory",
}
_SECRETS = {
    "api-key": "the environment: VLLM_API_KEY or API_KEY, from a Secret",
    "hf-token": "the environment: HF_TOKEN, from a Secret",
    "ngrok-authtoken": "the environment: NGROK_AUTHTOKEN, from a Secret",
}
_STREAMING = ("runai_streamer", "runai_streamer_sharded")
_MOST_GPUS = 64
_MOST_MEMORY = 1 << 24

Scalar = str | int | float | bool
Argument = Scalar | list[Scalar] | dict[str, object]


@dataclass(frozen=True)
class Weights:
    """Where the weights are to be, and where they are fetched from."""

    directory: Path | None
    """None: the engine streams them from S3 itself."""
    source: str
    """`s3://bucket/prefix`, or `hub`."""
    token_secret: str | None
    """Name of the Secret with the hub's token, for messages."""


@dataclass(frozen=True)
class Hardware:
    """What the plan counts on."""

    gpus: int
    memory_mib: int
    """Of each GPU; 0: any."""
    capability: tuple[int, int]
    """CUDA compute capability; (0, 0): any."""


@dataclass(frozen=True)
class Launch:
    """A start, as launch.json describes it."""

    model: str
    revision: str | None
    engine: str
    weights: Weights
    hardware: Hardware
    arguments: dict[str, Argument]


def read_launch(path: Path) -> Launch:
    """Reads and checks launch.json.

    Raises:
        Failure: with every fault, its path, its value and what is allowed.
    """
    fields = Reader(read_object(path))
    launch = Launch(
        model=fields.text("model", MODEL, "a Hugging Face id such as Qwen/Qwen3-8B"),
        revision=fields.optional_text("revision", COMMIT, "a commit of 40 hexadecimal digits"),
        engine=fields.one_of("engine", ENGINES),
        weights=_weights(fields.inner("weights")),
        hardware=_hardware(fields.inner("hardware")),
        arguments=_arguments(fields.inner("arguments")),
    )
    _check_streaming(fields, launch)
    fields.end()
    return judged(path, fields.faults, launch)


def _weights(fields: Reader) -> Weights:
    directory = fields.optional_text(
        "directory", _DIRECTORY, "an absolute path of two folders or more, such as /models/qwen3-8b"
    )
    weights = Weights(
        directory=None if directory is None else Path(directory),
        source=fields.text("source", _SOURCE, "hub or s3://bucket/prefix"),
        token_secret=fields.optional_text("tokenSecret", _SECRET_NAME, "the name of a Secret"),
    )
    fields.end()
    return weights


def _hardware(fields: Reader) -> Hardware:
    capability = fields.optional_text("computeCapability", _CAPABILITY, 'a text such as "8.9"') or "0.0"
    major, _, minor = capability.partition(".")
    hardware = Hardware(
        gpus=fields.whole("gpus", 0, _MOST_GPUS),
        memory_mib=fields.whole("gpuMemoryMiB", 0, _MOST_MEMORY, default=0),
        capability=(int(major), int(minor)),
    )
    fields.end()
    return hardware


def _arguments(fields: Reader) -> dict[str, Argument]:
    arguments: dict[str, Argument] = {}
    for name, value in fields.items():
        if name in _OURS:
            fields.fault(name, value, f"not there: {_OURS[name]}")
        elif name in _SECRETS:
            # Its value isn't shown.
            fields.fault(name, "***", f"not there, where everybody can read it, but in {_SECRETS[name]}")
        elif _FLAG.fullmatch(name) is None:
            fields.fault(name, value, "a flag without its dashes, such as max-model-len")
        elif isinstance(value, (str, int, float)):
            arguments[name] = value
        elif isinstance(value, list) and value and all(isinstance(each, (str, int, float)) for each in value):
            arguments[name] = list(value)
        elif isinstance(value, dict):
            arguments[name] = value
        else:
            fields.fault(
                name, value, "a text, a number, true or false, a list of some of those, or an object"
            )
    return arguments


def _check_streaming(fields: Reader, launch: Launch) -> None:
    """Without a directory the engine itself must be able to read from the source."""
    streams = launch.arguments.get("load-format") in _STREAMING
    if launch.weights.directory is None and not (
        launch.engine == "vllm" and launch.weights.source != HUB and streams
    ):
        allowed = f"a directory, but for vllm with an s3:// source and load-format {' or '.join(_STREAMING)}"
        fields.fault("weights.directory", None, allowed)
    if launch.weights.directory is not None and streams:
        fields.fault(
            "arguments.load-format",
            launch.arguments["load-format"],
            "another one where weights.directory is given: the streamer reads from s3://",
        )
