"""MLflow's client behind types of our own. Everything here blocks; ``pool`` keeps it off the event loop."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.entities import PagedList
from mlflow.tracking import MlflowClient
from urllib3.exceptions import ReadTimeoutError, ResponseError

from experiments.filters import metric_filter, metric_order, name_filter
from experiments.models import Experiment, Page, Run
from experiments.problems import (
    ExperimentNotFoundError,
    InvalidQueryError,
    ProblemError,
    RunNotFoundError,
    TrackingFailedError,
    TrackingSlowError,
    TrackingUnavailableError,
)
from experiments.queries import ExperimentQuery, Lifecycle, MetricQuery, RunQuery
from experiments.settings import Settings

SEARCHED_AT_ONCE = 1000
"""Experiments asked for at a time, when a search is over all of them."""

_TRY_AGAIN = {429, 503}
_VIEWS = {
    Lifecycle.ACTIVE: ViewType.ACTIVE_ONLY,
    Lifecycle.DELETED: ViewType.DELETED_ONLY,
    Lifecycle.ALL: ViewType.ALL,
}

_log = logging.getLogger(__name__)

M = TypeVar("M")
T = TypeVar("T")


class Tracking:
    """Reads experiments and runs. Safe to share among threads."""

    def __init__(self, settings: Settings) -> None:
        """Make a client that gives up when ``settings`` say so. Nothing is sent yet."""
        settings.apply_to_mlflow()
        self._retry_after = settings.retry_after
        self._client = MlflowClient(tracking_uri=str(settings.tracking_uri))

    def ping(self) -> None:
        """Return if MLflow and its database answer. ``/health`` would not do: it hides a refused Host."""
        with self._problems():
            self._client.search_experiments(max_results=1)

    def experiments(self, query: ExperimentQuery) -> Page[Experiment]:
        """Experiments whose name contains ``query.name`` in any case, newest first."""
        with self._problems():
            found = self._client.search_experiments(
                view_type=_VIEWS[query.lifecycle],
                max_results=query.limit,
                filter_string=name_filter(query.name) if query.name else None,
                order_by=["creation_time DESC", "experiment_id DESC"],
                page_token=query.page_token,
            )
        part = (query.name or "").lower()
        return _page(found, Experiment.from_mlflow, lambda item: part in item.name.lower())

    def experiment(self, experiment_id: str) -> Experiment:
        """One experiment, deleted or not."""
        with self._problems(ExperimentNotFoundError(f"MLflow knows no experiment '{experiment_id}'.")):
            return Experiment.from_mlflow(self._client.get_experiment(experiment_id))

    def run(self, run_id: str) -> Run:
        """One run, deleted or not."""
        with self._problems(RunNotFoundError(f"MLflow knows no run '{run_id}'.")):
            return Run.from_mlflow(self._client.get_run(run_id))

    def runs(self, experiment_id: str, query: RunQuery) -> Page[Run]:
        """Runs of one experiment by start time. MLflow itself finds none in an experiment that is not."""
        self.experiment(experiment_id)
        with self._problems():
            found = self._client.search_runs(
                [experiment_id],
                run_view_type=_VIEWS[query.lifecycle],
                max_results=query.limit,
                order_by=[f"start_time {query.order.upper()}"],
                page_token=query.page_token,
            )
        return _page(found, Run.from_mlflow)

    def search(self, query: MetricQuery) -> Page[Run]:
        """Active runs by the latest value of a metric, in some experiments or in all active ones."""
        for experiment_id in query.experiment_id:
            self.experiment(experiment_id)
        with self._problems():
            found = self._client.search_runs(
                query.experiment_id or list(self._active_ids()),
                metric_filter(query.metric, query.op, query.threshold),
                max_results=query.limit,
                order_by=[metric_order(query.metric, query.order), "start_time DESC"],
                page_token=query.page_token,
            )
        return _page(found, Run.from_mlflow)

    def _active_ids(self) -> Iterator[str]:
        token: str | None = None
        while True:
            found = self._client.search_experiments(max_results=SEARCHED_AT_ONCE, page_token=token)
            yield from (experiment.experiment_id for experiment in found)
            token = found.token or None
            if token is None:
                return

    @contextmanager
    def _problems(self, missing: ProblemError | None = None) -> Iterator[None]:
        try:
            yield
        except MlflowException as error:
            problem = self._problem(error, missing)
            if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                # The cause is for whoever runs this: the answer says less.
                cause = list(_causes(error))[-1]
                fields = {"kind": problem.kind, "cause": str(cause)[:1000]}
                _log.warning("MLflow could not be asked", extra={"fields": fields})
            raise problem from error

    def _problem(self, error: MlflowException, missing: ProblemError | None) -> ProblemError:
        """Tell failures apart: MLflow's client raises one type for all, with the cause in the chain."""
        if missing is not None and error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return missing
        if error.error_code in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST"):
            return InvalidQueryError(error.message)
        causes = list(_causes(error))
        if any(isinstance(cause, ReadTimeoutError) for cause in causes):
            return TrackingSlowError("MLflow accepted the request but did not answer in time.")
        for cause in causes:
            if isinstance(cause, ResponseError) and (status := re.search(r"\b[45]\d\d\b", str(cause))):
                return self._refused(int(status.group()))
        if len(causes) > 1:
            return TrackingUnavailableError("MLflow cannot be reached.", retry_after=self._retry_after)
        return self._refused(int(error.get_http_status_code()))

    def _refused(self, status: int) -> ProblemError:
        if status in _TRY_AGAIN:
            return TrackingUnavailableError(
                f"MLflow is there but cannot answer now ({status}).", retry_after=self._retry_after
            )
        return TrackingFailedError(f"MLflow refused or failed (status {status}).")


def _causes(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _page(
    found: PagedList[M], convert: Callable[[M], T], wanted: Callable[[T], bool] = lambda _: True
) -> Page[T]:
    items = [item for entity in found if wanted(item := convert(entity))]
    return Page(items=items, next_page_token=found.token or None)
