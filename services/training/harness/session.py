"""What a training function gets: settings, the newest checkpoint, and the one call to make after a step."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

from harness import seeding
from harness.accelerator import Accelerator
from harness.checkpoints import CheckpointStore
from harness.config import Config, Scalar
from harness.exits import InterruptedTrainingError
from harness.tracking import Tracker

STATE = "harness.json"
FILES = "files"


class State(BaseModel):
    """What the harness itself adds to a checkpoint."""

    model_config = ConfigDict(extra="forbid")

    step: int
    ended: bool
    """Whether the function had returned: then only MLflow is left to be told."""
    random: seeding.RandomState
    pending: list[tuple[str, float, int, int]]


class Stop:
    """Set by a signal, read between steps."""

    requested = False


class Session:
    """One attempt of one training."""

    def __init__(
        self, config: Config, accelerator: Accelerator, store: CheckpointStore, tracker: Tracker, stop: Stop
    ) -> None:
        """Restore the newest checkpoint, where there is one; else seed everything."""
        self._config = config
        self._accelerator = accelerator
        self._store = store
        self._tracker = tracker
        self._stop = stop
        self._saved = time.monotonic()
        self.hyperparameters: Mapping[str, Scalar] = MappingProxyType(config.hyperparameters)
        self.seed = config.seed
        self.device = accelerator.device
        self.precision = config.precision
        self.run_id = tracker.run_id
        self.step = 0
        """Steps that are done: where to go on."""
        self.restored: Path | None = None
        """Folder with the files that `save` wrote; undefined at the beginning."""
        self.ended = False
        """Whether the function has returned in an earlier attempt."""
        found = store.newest()
        if found is None:
            seeding.seed_everything(config.seed, accelerator)
            return
        state = State.model_validate_json((found.folder / STATE).read_bytes())
        self.step = state.step
        self.restored = found.folder / FILES
        self.ended = state.ended
        tracker.keep(state.pending)
        seeding.restore(state.random, accelerator)

    def autocast(self) -> AbstractContextManager[Any]:
        """Context for the forward pass in the planned precision."""
        return self._accelerator.autocast()

    def scaler(self) -> Any:  # noqa: ANN401  # see Accelerator.scaler
        """Scaler of gradients: of use for fp16, and without effect for others."""
        return self._accelerator.scaler()

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Upload a file or folder to the run, such as the trained model."""
        self._tracker.artifact(path, folder)

    def done(
        self, step: int, save: Callable[[Path], None], metrics: Mapping[str, float] | None = None
    ) -> None:
        """Tell that a step is done. Writes a checkpoint when it is time for one, or when the pod has to go.

        Args:
            step: How many are done with this one.
            save: Writes all that it needs to go on into a folder: weights, optimizer, place in the data.
            metrics: Of this step.

        Raises:
            InterruptedTrainingError: The pod has to go, and the checkpoint is written. Not to be caught.
        """
        if step <= self.step:
            raise ValueError(f"step {step} is told to be done after step {self.step}")
        self.step = step
        self._tracker.log(metrics or {}, step)
        if self._stop.requested:
            self.checkpoint(save)
            raise InterruptedTrainingError
        if time.monotonic() - self._saved >= self._config.checkpoints.every_seconds:
            self.checkpoint(save)

    def checkpoint(self, save: Callable[[Path], None] | None, *, ended: bool = False) -> None:
        """Write one now."""
        # First, so that what MLflow has is never behind a checkpoint that others resume from.
        self._tracker.flush()
        with self._store.folder() as folder:
            (folder / FILES).mkdir()
            if save is not None:
                save(folder / FILES)
            state = State(
                step=self.step,
                ended=ended,
                random=seeding.capture(self._accelerator),
                pending=self._tracker.pending(),
            )
            (folder / STATE).write_text(state.model_dump_json())
            self._store.write(self.step, folder)
        self._saved = time.monotonic()
