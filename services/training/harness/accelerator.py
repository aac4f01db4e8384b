"""The only part that touches PyTorch. It is imported if it is there: a training may do without on a CPU."""

import base64
import importlib
import importlib.util
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any

from harness.config import Precision
from harness.exits import Exit, StopError
from harness.logs import log

BF16_SINCE = (8, 0)
"""Compute capability, Ampere. Source: CUDA C++ programming guide, "Compute Capabilities"."""


class Accelerator:
    """A device with its precision."""

    def __init__(self, device: str, precision: Precision) -> None:
        """Set PyTorch up.

        Raises:
            StopError: There is no such device, or it lacks the precision.
        """
        self.device = device
        self.precision = precision
        self.torch: ModuleType | None = (
            importlib.import_module("torch") if importlib.util.find_spec("torch") else None
        )
        if device == "cuda":
            _check_gpu(self.torch, precision)
        if self.torch is not None:
            # TF32 for products of 32-bit matrices, on Ampere and newer; no effect on others. Weights stay in
            # 32 bits. Source: PyTorch, torch.set_float32_matmul_precision.
            self.torch.set_float32_matmul_precision("high")

    @property
    def name(self) -> str:
        """The card's name, or `cpu`."""
        return str(self.torch.cuda.get_device_name()) if self.torch and self.device == "cuda" else "cpu"

    @property
    def matmul_precision(self) -> str | None:
        """As PyTorch has it set."""
        return str(self.torch.get_float32_matmul_precision()) if self.torch else None

    def seed(self, seed: int) -> None:
        """Seed PyTorch's generators, those of all devices."""
        if self.torch is not None:
            self.torch.manual_seed(seed)

    def autocast(self) -> AbstractContextManager[Any]:
        """Run the forward pass in it: operations that stand 16 bits get them, weights stay in 32."""
        if self.torch is None or self.precision == "fp32":
            return nullcontext()
        dtype = self.torch.bfloat16 if self.precision == "bf16" else self.torch.float16
        context: AbstractContextManager[Any] = self.torch.autocast(self.device, dtype=dtype)
        return context

    def scaler(self) -> Any:  # noqa: ANN401  # a torch.amp.GradScaler, whose type is only known where torch is
        """Make a GradScaler, which does nothing but for fp16, whose small gradients would become zero."""
        if self.torch is None:
            raise RuntimeError("PyTorch is not installed: a training without it needs no scaler")
        return self.torch.amp.GradScaler(self.device, enabled=self.precision == "fp16")

    def random_state(self) -> dict[str, str]:
        """State of PyTorch's generators, as text."""
        if self.torch is None:
            return {}
        states = {"cpu": self.torch.get_rng_state()}
        if self.device == "cuda":
            states["cuda"] = self.torch.cuda.get_rng_state()
        return {name: base64.b64encode(bytes(state.numpy())).decode() for name, state in states.items()}

    def restore_random_state(self, states: dict[str, str]) -> None:
        """Go on where `random_state` was asked for. A card's state means nothing without a card."""
        if self.torch is None:
            return
        for name, text in states.items():
            raw = bytearray(base64.b64decode(text))
            state = self.torch.frombuffer(raw, dtype=self.torch.uint8)
            if name == "cpu":
                self.torch.set_rng_state(state)
            elif self.device == "cuda":
                self.torch.cuda.set_rng_state(state)


def _check_gpu(torch: ModuleType | None, precision: Precision) -> None:
    if torch is None:
        raise StopError(Exit.NO_GPU, "PyTorch is not installed, and without it no GPU can be used")
    if not torch.cuda.is_available():
        raise StopError(
            Exit.NO_GPU,
            "PyTorch finds no GPU: the pod must ask for nvidia.com/gpu, and the node's driver must be as new "
            f"as CUDA {torch.version.cuda} needs",
        )
    capability = torch.cuda.get_device_capability()
    card = torch.cuda.get_device_name()
    if precision == "bf16" and capability < BF16_SINCE:
        raise StopError(
            Exit.NO_GPU,
            f"{card} has compute capability {capability[0]}.{capability[1]} and so no bf16, which is planned",
        )
    log("found a GPU", card=card, capability=f"{capability[0]}.{capability[1]}")
