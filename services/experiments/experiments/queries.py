"""What can be asked: the query parameters of each list, checked before MLflow hears of them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

EXPERIMENT_ID = r"^[0-9]{1,18}$"
"""As MLflow's stores number experiments; 18 digits fit every database's integers."""

RUN_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$"

METRIC_NAME = r"^[/\w.\- :]*[/\w.\-:]$"
"""What MLflow lets a metric be called: nothing that could end the backticks around it.

Without a space at the end, which MLflow stores but loses when it sorts."""

Order = Literal["asc", "desc"]


class Lifecycle(StrEnum):
    """Which experiments or runs count: those in use, those deleted but not yet purged, or both."""

    ACTIVE = "active"
    DELETED = "deleted"
    ALL = "all"


class Operator(StrEnum):
    """How a metric is compared with the threshold."""

    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    EQ = "eq"


class _Query(BaseModel):
    # An unknown parameter is an error: a filter with a typo must not return everything.
    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(default=100, ge=1, le=1000, description="Most results on a page.")
    page_token: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^[A-Za-z0-9_=-]+$",
        description="The next_page_token of the page before.",
    )


class ExperimentQuery(_Query):
    """Which experiments to list."""

    name: str | None = Field(
        default=None, min_length=1, max_length=250, description="Part of the name, in any case."
    )
    lifecycle: Lifecycle = Field(default=Lifecycle.ACTIVE, description="Those in use, deleted, or both.")


class RunQuery(_Query):
    """Which runs of an experiment to list."""

    lifecycle: Lifecycle = Field(default=Lifecycle.ACTIVE, description="Those in use, deleted, or both.")
    order: Order = Field(default="desc", description="By start time.")


class MetricQuery(_Query):
    """Which active runs to find by the latest value of a metric."""

    metric: str = Field(max_length=250, pattern=METRIC_NAME, examples=["accuracy"])
    op: Operator = Field(description="How the metric compares with the threshold.")
    threshold: float = Field(allow_inf_nan=False, examples=[0.9])
    experiment_id: list[Annotated[str, Field(pattern=EXPERIMENT_ID)]] = Field(
        default=[], max_length=20, description="Only in these; without one, in all active experiments."
    )
    order: Order = Field(default="desc", description="By the metric.")
