"""What to train, read once at start: the JSON file that ``TRAINING_CONFIG`` names, in camelCase."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_settings import BaseSettings, SettingsConfigDict

from harness.exits import Exit, StopError

Scalar = bool | int | float | str
Precision = Literal["bf16", "fp16", "fp32"]
Name = Annotated[str, Field(min_length=1, max_length=250)]
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,400}[A-Za-z0-9]$")]


class Environment(BaseSettings):
    """What differs from attempt to attempt, or from cluster to cluster."""

    model_config = SettingsConfigDict(env_prefix="TRAINING_", frozen=True)

    config: Path = Path("/etc/training/config.json")
    """The file with the rest, a mounted ConfigMap."""
    image: str = "unknown"
    """The image that runs, by digest."""
    work: Path = Path("/tmp/training")  # noqa: S108  # the pod's own folder
    """Folder for checkpoints on their way to and from the bucket."""


class Section(BaseModel):
    """Nothing unknown in it, so that a mistyped name is a fault and not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


class Checkpoints(Section):
    """Where checkpoints are, and how often one is written."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Prefix
    """Of this run alone, without a slash at its ends."""
    every_seconds: Annotated[float, Field(ge=0, le=86_400)] = 300.0
    """Least time between two: what an interruption without notice loses at most, and a step."""
    keep: Annotated[int, Field(ge=1, le=100)] = 2
    """How many stay: one more than needed, for the case that the newest can't be read."""


class Config(Section):
    """The whole file."""

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{12,64}$")]
    """Digest of all that makes this training what it is. One key, one run."""
    job: Name
    entrypoint: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    """``module:function``."""
    code: str = "unknown"
    """Digest of the module's source."""
    experiment: Name
    run_name: Name
    hyperparameters: dict[Name, Scalar] = {}
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    """NumPy takes no larger one."""
    precision: Precision
    device: Literal["cuda", "cpu"] = "cuda"
    checkpoints: Checkpoints
    wait_seconds: Annotated[float, Field(ge=0, le=3600)] = 120.0
    """How long MLflow may be away at the start, and at the end."""


def read_config(path: Path) -> Config:
    """Read the file.

    Raises:
        StopError: With everything that is wrong with it.
    """
    try:
        return Config.model_validate_json(path.read_bytes())
    except OSError as error:
        raise StopError(Exit.CONFIGURATION, f"{path} can't be read: {error.strerror}") from None
    except ValidationError as error:
        faults = [_fault(list(each["loc"]), each["msg"], each["input"]) for each in error.errors()]
        heading = f"{path} has {len(faults)} fault{'s' if len(faults) > 1 else ''}:"
        raise StopError(Exit.CONFIGURATION, "\n  ".join([heading, *faults])) from None


def _fault(location: list[str | int], message: str, value: object) -> str:
    where = ".".join(map(str, location)) or "the file"
    shown = "" if isinstance(value, dict) else f" = {value!r:.80}"
    return f"{where}{shown}: {message}"
