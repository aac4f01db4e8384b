"""How the process ends. The Job's podFailurePolicy knows these codes; they mean what sysexits.h says."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    """Trained, or found trained already."""
    UNAVAILABLE = 69
    """MLflow or S3 did not answer in time. Tried again, and counted."""
    CRASHED = 70
    """The training function raised. Tried again from the newest checkpoint, and counted."""
    NO_GPU = 71
    """No GPU, or not one with the planned precision. Tried again, and counted: the node may be broken."""
    INTERRUPTED = 75
    """Told to stop, and a checkpoint is written. Tried again, and not counted."""
    DENIED = 77
    """The bucket refuses. Not tried again."""
    CONFIGURATION = 78
    """What is asked for can't be run. Not tried again."""


class StopError(Exception):
    """Ends the process with a message for a person, without a stack trace."""

    def __init__(self, code: Exit, message: str) -> None:
        """Keep the code beside the message."""
        super().__init__(message)
        self.code = code


class InterruptedTrainingError(BaseException):
    """Unwinds the training function after its checkpoint. No ``except Exception`` in it stops this."""
