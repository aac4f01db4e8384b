"""Whether the GPUs are what the plan counts on, before minutes go into loading a model that won't fit."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from entrypoint.failures import Exit, Failure
from entrypoint.launch import Hardware
from entrypoint.log import Log

_QUERY = ("--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits")
_PATIENCE = 60
"""Seconds: without the persistence daemon nvidia-smi initializes every card first."""
_FIELDS = 3
_TOLERANCE = 0.98
"""Cards of one kind differ by some MiB with driver and ECC; kinds differ by far more."""
_MIG = re.compile(r"^\s*MIG \S*?(\d+)gb\b", re.MULTILINE)


@dataclass(frozen=True)
class Gpu:
    """A GPU, or a MIG slice of one, as nvidia-smi tells; None: it doesn't."""

    name: str
    memory_mib: int | None
    capability: tuple[int, int] | None

    def __str__(self) -> str:
        """For messages."""
        memory = "unknown memory" if self.memory_mib is None else f"{self.memory_mib} MiB"
        capability = "unknown" if self.capability is None else ".".join(map(str, self.capability))
        return f"{self.name} ({memory}, compute capability {capability})"


def check_gpus(needed: Hardware, log: Log) -> None:
    """Compares what nvidia-smi finds with what is needed.

    Raises:
        Failure: GPUs are too few, too small or too old; the message names both sides.
    """
    if needed.gpus == 0:
        return
    found = _gpus()
    wanted = f"{needed.gpus} with {needed.memory_mib} MiB and compute capability " + ".".join(
        map(str, needed.capability)
    )
    if len(found) < needed.gpus:
        listed = ", ".join(map(str, found)) or "none"
        raise Failure(
            Exit.GPU,
            f"too few GPUs: {needed.gpus} are needed, nvidia-smi finds {len(found)}: {listed}",
            "Let the pod ask for that many: resources.limits, nvidia.com/gpu or the MIG resource",
        )
    if len(found) > needed.gpus:
        log.warning("the pod has more GPUs than it uses", needed=needed.gpus, found=len(found))
    least = needed.memory_mib * _TOLERANCE
    small = [gpu for gpu in found if gpu.memory_mib is not None and gpu.memory_mib < least]
    if small:
        raise Failure(
            Exit.GPU,
            f"GPU too small: {_list(small)}; needed are {wanted}",
            "Run it on the nodes that the plan chose (nodeSelector, taints, MIG), or plan for these GPUs",
        )
    old = [gpu for gpu in found if gpu.capability is not None and gpu.capability < needed.capability]
    if old:
        raise Failure(
            Exit.GPU,
            f"GPU too old: {_list(old)}; needed are {wanted}",
            "Run it on the nodes that the plan chose, or choose a quantization that these have (FP8: 8.9)",
        )
    if any(gpu.memory_mib is None for gpu in found):
        log.warning("nvidia-smi doesn't tell the memory of a GPU, so it isn't checked")
    log.info("the GPUs are as planned", gpus=[str(gpu) for gpu in found])


def _list(gpus: Sequence[Gpu]) -> str:
    return ", ".join(map(str, gpus))


def _gpus() -> list[Gpu]:
    whole = [_gpu(line) for line in _ask(_QUERY).splitlines() if line.strip()]
    # With MIG, nvidia-smi tells of the card that a slice is of; the slices are only in its list.
    slices = _MIG.findall(_ask(("-L",)))
    if not slices:
        return whole
    capability = whole[0].capability if whole else None
    return [Gpu(f"MIG slice of {gigabytes} GB", int(gigabytes) * 1024, capability) for gigabytes in slices]


def _gpu(line: str) -> Gpu:
    parts = [part.strip() for part in line.rsplit(",", 2)]
    if len(parts) != _FIELDS:
        raise _broken(f"it says {line!r}")
    name, memory, capability = parts
    major, _, minor = capability.partition(".")
    return Gpu(
        name,
        int(memory) if memory.isdigit() else None,
        (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None,
    )


def _ask(arguments: Sequence[str]) -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        raise Failure(
            Exit.GPU,
            "there is no nvidia-smi: the container has no GPU",
            "Let the pod ask for nvidia.com/gpu, and see that the node has NVIDIA's driver and its toolkit",
        )
    try:
        result = subprocess.run(  # noqa: S603 - a program of the driver, without outside input
            [program, *arguments], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _broken(f"it didn't answer in {_PATIENCE} s") from error
    except OSError as error:
        raise _broken(str(error.strerror)) from error
    if result.returncode != 0:
        said = (result.stdout + result.stderr).strip().splitlines()
        raise _broken(f"it ended with {result.returncode}: {said[-1] if said else 'nothing'}")
    return result.stdout


def _broken(why: str) -> Failure:
    return Failure(
        Exit.GPU,
        f"nvidia-smi fails: {why}",
        "Look at the node's driver (dmesg, Xid errors); replace the node if the GPU is lost",
    )
