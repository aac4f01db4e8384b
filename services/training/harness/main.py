"""One attempt of a training, from its configuration to an exit code."""

import importlib
import json
import os
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from types import FrameType

from harness.accelerator import Accelerator
from harness.checkpoints import CheckpointStore
from harness.config import Config, Environment, read_config
from harness.exits import Exit, InterruptedTrainingError, StopError
from harness.logs import log
from harness.session import Session, Stop
from harness.tracking import Tracker

Training = Callable[[Session], Mapping[str, float] | None]


def main() -> int:
    """Run it.

    Returns:
        One of `Exit`.
    """
    stop = Stop()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.requested = True

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    try:
        environment = Environment()
        config = read_config(environment.config)
        function = load(config.entrypoint)
        return _attempt(config, environment, function, stop)
    except StopError as error:
        log(str(error), exit=int(error.code), meaning=error.code.name)
        return error.code


def load(entrypoint: str) -> Training:
    """Import the training function.

    Raises:
        StopError: There is none.
    """
    module_name, _, function_name = entrypoint.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise StopError(
            Exit.CONFIGURATION,
            f"{entrypoint} can't be imported: there is no module {error.name} in the image",
        ) from error
    except Exception as error:  # whatever a module does when it is imported
        traceback.print_exc()
        raise StopError(
            Exit.CONFIGURATION, f"{entrypoint} can't be imported: {type(error).__name__}: {error}"
        ) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        public = sorted(name for name, value in vars(module).items() if callable(value) and name[0] != "_")
        raise StopError(
            Exit.CONFIGURATION,
            f"{module_name} has no function {function_name}; it has: {', '.join(public) or 'none'}",
        )
    training: Training = function
    return training


def _attempt(config: Config, environment: Environment, function: Training, stop: Stop) -> int:
    accelerator = Accelerator(config.device, config.precision)
    store = CheckpointStore(config.checkpoints, uuid.uuid4().hex[:12], environment.work)
    store.check(json.dumps({"startedAt": time.time(), "image": environment.image, "card": accelerator.name}))
    tracker = Tracker(config)
    finished = tracker.open(
        {
            "training.image": environment.image,
            "training.card": accelerator.name,
            "training.matmul_precision": accelerator.matmul_precision or "none",
        }
    )
    # What the function itself does with MLflow goes to the same run.
    os.environ["MLFLOW_RUN_ID"] = tracker.run_id
    if finished:
        log("this training has ended well already", run_id=tracker.run_id)
        return Exit.DONE
    try:
        session = Session(config, accelerator, store, tracker, stop)
        log(
            "training",
            run_id=tracker.run_id,
            attempt=tracker.attempt,
            step=session.step,
            seed=config.seed,
            precision=config.precision,
        )
        if stop.requested:
            return _interrupted(session, tracker)
        return _train(session, tracker, function)
    except StopError:
        tracker.end("FAILED")
        raise


def _train(session: Session, tracker: Tracker, function: Training) -> int:
    try:
        if not session.ended:
            result = function(session)
            tracker.log(result or {}, session.step)
            session.step += 1
            session.checkpoint(None, ended=True)
        tracker.finish()
    except InterruptedTrainingError:
        return _interrupted(session, tracker)
    except StopError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a training function raises
        traceback.print_exc()
        sys.stderr.flush()
        log("the training function failed", run_id=tracker.run_id, error=f"{type(error).__name__}: {error}")
        tracker.end("FAILED")
        return Exit.CRASHED
    log("done", run_id=tracker.run_id)
    return Exit.DONE


def _interrupted(session: Session, tracker: Tracker) -> int:
    log("interrupted; it will go on from here", run_id=tracker.run_id, step=session.step)
    tracker.end("KILLED")
    return Exit.INTERRUPTED
