"""Runs one training as a Job: seeds, records, checkpoints, and resumes after an interruption."""

from harness.session import Session

__all__ = ["Session"]
