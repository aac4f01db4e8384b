"""Random numbers that a training gets again when it is run again, and goes on with when it is resumed."""

import random

import numpy as np
from pydantic import BaseModel, ConfigDict

from harness.accelerator import Accelerator


class NumpyState(BaseModel):
    """NumPy's legacy generator, a Mersenne twister."""

    model_config = ConfigDict(extra="forbid")

    keys: list[int]
    position: int
    has_gauss: int
    gauss: float


class RandomState(BaseModel):
    """All generators that the harness seeds. In JSON, because a pickle of somebody else's runs code."""

    model_config = ConfigDict(extra="forbid")

    version: int
    internal: list[int]
    gauss: float | None
    numpy: NumpyState
    torch: dict[str, str]


def seed_everything(seed: int, accelerator: Accelerator) -> None:
    """Seed Python's, NumPy's and PyTorch's generators."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # what libraries without a generator of their own draw from
    accelerator.seed(seed)


def capture(accelerator: Accelerator) -> RandomState:
    """Read where all generators are."""
    version, internal, gauss = random.getstate()
    state = np.random.get_state(legacy=False)  # noqa: NPY002
    return RandomState(
        version=version,
        internal=list(internal),
        gauss=gauss,
        numpy=NumpyState(
            keys=[int(key) for key in state["state"]["key"]],
            position=int(state["state"]["pos"]),
            has_gauss=int(state["has_gauss"]),
            gauss=float(state["gauss"]),
        ),
        torch=accelerator.random_state(),
    )


def restore(state: RandomState, accelerator: Accelerator) -> None:
    """Put all generators where they were."""
    random.setstate((state.version, tuple(state.internal), state.gauss))
    np.random.set_state(  # noqa: NPY002
        {
            "bit_generator": "MT19937",
            "state": {"key": np.array(state.numpy.keys, dtype=np.uint32), "pos": state.numpy.position},
            "has_gauss": state.numpy.has_gauss,
            "gauss": state.numpy.gauss,
        }
    )
    accelerator.restore_random_state(state.torch)
