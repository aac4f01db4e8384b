"""The ``/experiments`` router."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from experiments.models import Experiment, Page, Run
from experiments.pool import TrackingPool
from experiments.problems import (
    ExperimentNotFoundError,
    InvalidQueryError,
    RunNotFoundError,
    TrackingFailedError,
    TrackingSlowError,
    TrackingUnavailableError,
    documented,
)
from experiments.queries import EXPERIMENT_ID, RUN_ID, ExperimentQuery, MetricQuery, RunQuery
from experiments.tracking import Tracking

ExperimentId = Annotated[str, Path(pattern=EXPERIMENT_ID, examples=["1"])]
RunId = Annotated[str, Path(pattern=RUN_ID, examples=["a461e482d3924cd99e4c99a87097dd6d"])]


def _pool(request: Request) -> TrackingPool:
    pool: TrackingPool = request.app.state.pool
    return pool


Pool = Annotated[TrackingPool, Depends(_pool)]

router = APIRouter(
    tags=["experiments"],
    responses=documented(InvalidQueryError, TrackingFailedError, TrackingUnavailableError, TrackingSlowError),
)


@router.get("", summary="List experiments")
async def list_experiments(pool: Pool, query: Annotated[ExperimentQuery, Query()]) -> Page[Experiment]:
    """Experiments, newest first."""
    return await pool.call(Tracking.experiments, query)


@router.get("/runs", summary="Search runs by a metric", responses=documented(ExperimentNotFoundError))
async def search_runs(pool: Pool, query: Annotated[MetricQuery, Query()]) -> Page[Run]:
    """Active runs whose latest value of a metric is on one side of a threshold. NaN is on neither."""
    return await pool.call(Tracking.search, query)


@router.get("/runs/{run_id}", summary="One run by its ID", responses=documented(RunNotFoundError))
async def get_run(pool: Pool, run_id: RunId) -> Run:
    """A run with its parameters, the latest value of each metric, and its tags."""
    return await pool.call(Tracking.run, run_id)


@router.get(
    "/{experiment_id}", summary="One experiment by its ID", responses=documented(ExperimentNotFoundError)
)
async def get_experiment(pool: Pool, experiment_id: ExperimentId) -> Experiment:
    """An experiment, deleted or not."""
    return await pool.call(Tracking.experiment, experiment_id)


@router.get(
    "/{experiment_id}/runs", summary="Runs of an experiment", responses=documented(ExperimentNotFoundError)
)
async def list_runs(
    pool: Pool, experiment_id: ExperimentId, query: Annotated[RunQuery, Query()]
) -> Page[Run]:
    """The runs of one experiment, the latest first unless asked otherwise."""
    return await pool.call(Tracking.runs, experiment_id, query)
