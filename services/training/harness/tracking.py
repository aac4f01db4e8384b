"""The run in MLflow: one for each key, found again by its tag, however often the process starts."""

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from harness.config import Config
from harness.exits import Exit, StopError
from harness.logs import log

# The client reads its limits from the environment at every call. Its own would wait for minutes at a time.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
# It would print a line that is no JSON.
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

from mlflow.entities import Metric, Param, RunTag, ViewType  # after its settings
from mlflow.exceptions import MlflowException, RestException
from mlflow.tracking import MlflowClient

if TYPE_CHECKING:
    from pathlib import Path

KEY_TAG = "training.key"
ATTEMPTS_TAG = "training.attempts"
SNAPSHOT_TAG = "parameter_snapshot"
"""What `/experiments` calls a run's parameter snapshot: with it and a seed a run is reviewable."""
BATCH = 1000
"""Most metrics of one request. Source: MLflow REST API, "Log Batch"."""

Result = TypeVar("Result")


class Tracker:
    """Writes one run."""

    def __init__(self, config: Config) -> None:
        """Only keep the settings: nothing is asked of MLflow yet."""
        self._config = config
        self._client = MlflowClient()
        self._pending: list[Metric] = []
        self.run_id = ""
        self.attempt = 0

    def open(self, facts: Mapping[str, str]) -> bool:
        """Find the run of the key, or make it.

        Args:
            facts: Tags about this attempt: image, card, matrix precision.

        Returns:
            Whether it has ended well already.

        Raises:
            StopError: MLflow is away.
        """
        return self._patiently(lambda: self._open(facts))

    def _open(self, facts: Mapping[str, str]) -> bool:
        config = self._config
        experiment = self._experiment()
        found = self._client.search_runs(
            [experiment],
            filter_string=f"tags.`{KEY_TAG}` = '{config.key}'",
            run_view_type=ViewType.ACTIVE_ONLY,
            order_by=["attributes.start_time ASC"],
            max_results=1,
        )
        if found:
            run = found[0]
        else:
            run = self._client.create_run(experiment, run_name=config.run_name, tags={KEY_TAG: config.key})
        self.run_id = run.info.run_id
        if run.info.status == "FINISHED":
            return True
        self.attempt = int(run.data.tags.get(ATTEMPTS_TAG, "0")) + 1
        if found:
            self._client.update_run(self.run_id, status="RUNNING")
        snapshot = {**config.hyperparameters, "seed": config.seed, "precision": config.precision}
        tags = {
            SNAPSHOT_TAG: json.dumps(snapshot, sort_keys=True),
            ATTEMPTS_TAG: str(self.attempt),
            "training.job": config.job,
            "training.entrypoint": config.entrypoint,
            "training.code": config.code,
            **facts,
        }
        self._client.log_batch(
            self.run_id,
            params=[Param(name, str(value)) for name, value in snapshot.items()],
            tags=[RunTag(name, value) for name, value in tags.items()],
        )
        return False

    def _experiment(self) -> str:
        name = self._config.experiment
        known = self._client.get_experiment_by_name(name)
        if known is None:
            try:
                return str(self._client.create_experiment(name))
            except RestException as error:
                # Another job was faster.
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                known = self._client.get_experiment_by_name(name)
        if known is None or known.lifecycle_stage != "active":
            raise StopError(
                Exit.CONFIGURATION,
                f"the experiment {name} was deleted in MLflow: restore it, or name another one",
            )
        return str(known.experiment_id)

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Keep metrics until the next checkpoint, so that none of them is logged by two attempts."""
        now = int(time.time() * 1000)
        self._pending += [Metric(name, float(value), now, step) for name, value in metrics.items()]

    def flush(self) -> bool:
        """Send what is kept. An outage of MLflow stops no training: then they stay for the next time."""
        try:
            while self._pending:
                self._client.log_batch(self.run_id, metrics=self._pending[:BATCH])
                del self._pending[:BATCH]
        except MlflowException as error:
            log("MLflow does not take metrics; they are kept", metrics=len(self._pending), error=str(error))
            return False
        return True

    def pending(self) -> list[tuple[str, float, int, int]]:
        """Metrics that MLflow has not got yet, for the checkpoint."""
        return [(each.key, each.value, each.timestamp, each.step) for each in self._pending]

    def keep(self, pending: list[tuple[str, float, int, int]]) -> None:
        """Take over those of a checkpoint."""
        self._pending = [Metric(*each) for each in pending]

    def artifact(self, path: "Path", folder: str | None) -> None:
        """Upload a file or folder to the run."""
        upload = self._client.log_artifacts if path.is_dir() else self._client.log_artifact
        self._patiently(lambda: upload(self.run_id, str(path), folder))

    def finish(self) -> None:
        """Send what is left, and call the run finished.

        Raises:
            StopError: MLflow is away. Another attempt does only this.
        """

        def end() -> None:
            if self._pending:
                self._client.log_batch(self.run_id, metrics=self._pending[:BATCH])
                del self._pending[:BATCH]
                end()
            self._client.set_terminated(self.run_id, "FINISHED")

        self._patiently(end)

    def end(self, status: str) -> None:
        """Say how the attempt ended, as far as MLflow answers: the exit code says it as well."""
        try:
            if self.run_id:
                self._client.set_terminated(self.run_id, status)
        except MlflowException as error:
            log("MLflow was not told how the attempt ended", status=status, error=str(error))

    def _patiently(self, call: Callable[[], Result]) -> Result:
        """Try until it works or the time is over. What MLflow answers with a reason is no outage."""
        give_up = time.monotonic() + self._config.wait_seconds
        while True:
            try:
                return call()
            except RestException as error:
                if error.get_http_status_code() < 500 and error.error_code != "TEMPORARILY_UNAVAILABLE":  # noqa: PLR2004
                    raise StopError(Exit.CONFIGURATION, f"MLflow refuses: {error}") from error
                problem: MlflowException = error
            except MlflowException as error:
                problem = error
            if time.monotonic() >= give_up:
                raise StopError(
                    Exit.UNAVAILABLE,
                    f"MLflow does not answer at {os.environ.get('MLFLOW_TRACKING_URI', '')}: {problem}",
                ) from problem
            time.sleep(min(2.0, self._config.wait_seconds))
