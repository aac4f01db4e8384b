"""What the service answers: MLflow's entities, typed, complete and safe to put into JSON."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from mlflow.entities import Experiment as MlflowExperiment
from mlflow.entities import Run as MlflowRun
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    TypeAdapter,
    computed_field,
)

SEED_NAMES = ("seed", "random_seed")
"""Where a run says its random seed: a parameter, or else a tag, of one of these names."""

SNAPSHOT_TAG = "parameter_snapshot"
"""The tag that holds a run's complete parameters at its start, as a JSON object."""

_INTEGER = re.compile(r"-?[0-9]{1,18}")
NonFinite = Literal["NaN", "Infinity", "-Infinity"]


def _json_number(value: float) -> float | NonFinite:
    """JSON has no NaN and no infinity, and a metric may be any: these become strings."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


MetricValue = Annotated[float, PlainSerializer(_json_number, return_type=float | NonFinite)]
LifecycleStage = Literal["active", "deleted"]
_LIFECYCLE: TypeAdapter[LifecycleStage] = TypeAdapter(LifecycleStage)
RunStatus = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]
T = TypeVar("T")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Page(_Answer, Generic[T]):
    """Some of the results. A page may hold fewer than asked for; only the missing token marks the last."""

    items: list[T]
    next_page_token: str | None = Field(description="Ask again with this token; null on the last page.")


class Experiment(_Answer):
    """A named collection of runs."""

    experiment_id: str
    name: str
    lifecycle_stage: LifecycleStage
    artifact_location: str
    tags: dict[str, str]
    created: AwareDatetime | None
    updated: AwareDatetime | None

    @classmethod
    def from_mlflow(cls, experiment: MlflowExperiment) -> Self:
        """Take over what MLflow's client returned."""
        return cls(
            experiment_id=experiment.experiment_id,
            name=experiment.name,
            lifecycle_stage=_LIFECYCLE.validate_python(experiment.lifecycle_stage),
            artifact_location=experiment.artifact_location,
            tags=dict(experiment.tags),
            created=_moment(experiment.creation_time),
            updated=_moment(experiment.last_update_time),
        )


class Run(_Answer):
    """One run, with the latest value of each metric."""

    run_id: str
    name: str | None
    experiment_id: str
    status: RunStatus
    lifecycle_stage: LifecycleStage
    start_time: AwareDatetime | None
    end_time: AwareDatetime | None = Field(description="Null while the run goes on.")
    artifact_uri: str | None
    params: dict[str, str]
    metrics: dict[str, MetricValue]
    tags: dict[str, str]
    seed: int | str | None = Field(description="The random seed, from the parameter or tag 'seed'.")
    parameter_snapshot: dict[str, JsonValue] | None = Field(
        description=f"The complete parameters at the start, from the tag '{SNAPSHOT_TAG}' (a JSON object)."
    )

    @computed_field(description="Has what a review needs: a seed and a parameter snapshot.")  # type: ignore[prop-decorator]
    @property
    def reviewable(self) -> bool:
        """A run that nobody can repeat is not up for review."""
        return self.seed is not None and self.parameter_snapshot is not None

    @classmethod
    def from_mlflow(cls, run: MlflowRun) -> Self:
        """Take over what MLflow's client returned."""
        info, data = run.info, run.data
        return cls(
            run_id=info.run_id,
            name=info.run_name,
            experiment_id=info.experiment_id,
            status=info.status,
            lifecycle_stage=_LIFECYCLE.validate_python(info.lifecycle_stage),
            start_time=_moment(info.start_time),
            end_time=_moment(info.end_time),
            artifact_uri=info.artifact_uri,
            params=dict(data.params),
            metrics=dict(data.metrics),
            tags=dict(data.tags),
            seed=_seed(data.params, data.tags),
            parameter_snapshot=_snapshot(data.tags.get(SNAPSHOT_TAG)),
        )


def _moment(milliseconds: int | None) -> datetime | None:
    # MLflow's wire format has no null: a run that goes on comes back with 0 or None, by version.
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def _seed(params: Mapping[str, str], tags: Mapping[str, str]) -> int | str | None:
    for source in (params, tags):
        for name in SEED_NAMES:
            if (value := source.get(name)) is not None:
                return int(value) if _INTEGER.fullmatch(value) else value
    return None


def _snapshot(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
