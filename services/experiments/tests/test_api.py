"""Every endpoint, on what a real MLflow holds."""

import math
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.history import ACCURACIES, DECOY_NAME, EXTREMES, HOSTILE_NAME, MODEL_METRIC, History

Answer = dict[str, Any]
Value = str | float | list[str]


def get(api: httpx.Client, path: str, **query: Value) -> Answer:
    response = api.get(path, params=query)
    assert response.status_code == 200, response.text
    answer: Answer = response.json()
    return answer


def refused(api: httpx.Client, path: str, status: int) -> Answer:
    response = api.get(path)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: Answer = response.json()
    assert problem["status"] == status
    assert problem["instance"] == response.url.path
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem


def pages(api: httpx.Client, path: str, **query: Value) -> list[list[Answer]]:
    found: list[list[Answer]] = []
    token: str | None = None
    while token is not None or not found:
        if token is not None:
            query["page_token"] = token
        answer = get(api, path, **query)
        found.append(answer["items"])
        token = answer["next_page_token"]
    return found


def test_lists_experiments_newest_first(api: httpx.Client, history: History) -> None:
    names = [item["name"] for item in get(api, "/experiments")["items"]]
    assert names == ["empty", DECOY_NAME, HOSTILE_NAME, "Vision", "Default"]


@pytest.mark.parametrize(
    ("lifecycle", "has_active", "has_deleted"),
    [("active", True, False), ("deleted", False, True), ("all", True, True)],
)
def test_lists_experiments_by_lifecycle(
    api: httpx.Client, history: History, lifecycle: str, *, has_active: bool, has_deleted: bool
) -> None:
    ids = {item["experiment_id"] for item in get(api, "/experiments", lifecycle=lifecycle)["items"]}
    assert (history.vision in ids, history.deleted in ids) == (has_active, has_deleted)


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("viSIO", ["Vision"]),
        ("50%_off", [HOSTILE_NAME]),
        ("50x", [DECOY_NAME]),
        ("' OR name != 'x", [DECOY_NAME, HOSTILE_NAME]),
        ("\\", [DECOY_NAME, HOSTILE_NAME]),
        ("%", [HOSTILE_NAME]),
        ("%' OR name LIKE '%", []),
        ("nothing like it", []),
    ],
)
def test_finds_experiments_by_part_of_the_name(
    api: httpx.Client, history: History, part: str, names: list[str]
) -> None:
    assert [item["name"] for item in get(api, "/experiments", name=part)["items"]] == names


def test_pages_through_experiments(api: httpx.Client, history: History) -> None:
    whole = get(api, "/experiments")["items"]
    parts = pages(api, "/experiments", limit=2)
    assert [len(part) for part in parts] == [2, 2, 1]
    assert [item for part in parts for item in part] == whole


def test_one_experiment(api: httpx.Client, history: History) -> None:
    experiment = get(api, f"/experiments/{history.vision}")
    created = datetime.fromisoformat(experiment.pop("created"))
    updated = datetime.fromisoformat(experiment.pop("updated"))
    assert created.utcoffset() == timedelta(0)
    assert updated >= created
    assert experiment == {
        "experiment_id": history.vision,
        "name": "Vision",
        "lifecycle_stage": "active",
        "artifact_location": f"mlflow-artifacts:/{history.vision}",
        "tags": {"team": "perception"},
    }


def test_a_deleted_experiment_is_still_found_by_id(api: httpx.Client, history: History) -> None:
    assert get(api, f"/experiments/{history.deleted}")["lifecycle_stage"] == "deleted"


def test_one_run(api: httpx.Client, history: History) -> None:
    run = get(api, f"/experiments/runs/{history.runs[2]}")
    tags = run.pop("tags")
    assert tags["mlflow.runName"] == "run 2"
    assert run == {
        "run_id": history.runs[2],
        "name": "run 2",
        "experiment_id": history.vision,
        "status": "FINISHED",
        "lifecycle_stage": "active",
        "start_time": "2023-11-14T22:13:20.002000Z",
        "end_time": "2023-11-14T22:14:20.002000Z",
        "artifact_uri": f"mlflow-artifacts:/{history.vision}/{history.runs[2]}/artifacts",
        "params": {"seed": "1002", "layers": "3"},
        "metrics": {"accuracy": 0.3, MODEL_METRIC: -0.3},
        "seed": 1002,
        "parameter_snapshot": {"layers": 3, "optimizer": {"name": "adam"}},
        "reviewable": True,
    }


def test_a_run_that_goes_on_has_no_end_and_is_not_reviewable(api: httpx.Client, history: History) -> None:
    run = get(api, f"/experiments/runs/{history.going_on}")
    assert (run["status"], run["end_time"]) == ("RUNNING", None)
    assert (run["seed"], run["parameter_snapshot"], run["reviewable"]) == (None, None, False)


def test_metrics_that_json_cannot_hold_are_strings(api: httpx.Client, history: History) -> None:
    run = get(api, f"/experiments/runs/{history.extreme_run}")
    assert run["status"] == "FAILED"
    assert run["metrics"] == {**EXTREMES, "nan": "NaN"}


def test_runs_of_an_experiment(api: httpx.Client, history: History) -> None:
    path = f"/experiments/{history.vision}/runs"
    assert [run["run_id"] for run in get(api, path)["items"]] == history.runs[::-1]
    assert [run["run_id"] for run in get(api, path, order="asc")["items"]] == history.runs
    assert [run["run_id"] for run in get(api, path, lifecycle="deleted")["items"]] == [history.deleted_run]
    assert len(get(api, path, lifecycle="all")["items"]) == len(history.runs) + 1
    assert get(api, f"/experiments/{history.empty}/runs") == {"items": [], "next_page_token": None}


def test_pages_through_runs(api: httpx.Client, history: History) -> None:
    parts = pages(api, f"/experiments/{history.vision}/runs", limit=3, order="asc")
    assert [[run["run_id"] for run in part] for part in parts] == [
        history.runs[:3],
        history.runs[3:6],
        history.runs[6:],
    ]


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("gt", [0.7, 0.6, 0.5]),
        ("ge", [0.7, 0.6, 0.5, 0.4]),
        ("lt", [0.3, 0.2, 0.1]),
        ("le", [0.4, 0.3, 0.2, 0.1]),
        ("eq", [0.4]),
    ],
)
def test_searches_runs_by_metric(api: httpx.Client, history: History, op: str, expected: list[float]) -> None:
    query: dict[str, Value] = {"metric": "accuracy", "op": op, "threshold": 0.4}
    found = get(api, "/experiments/runs", **query)["items"]
    assert [run["metrics"]["accuracy"] for run in found] == expected
    found = get(api, "/experiments/runs", **query, order="asc")["items"]
    assert [run["metrics"]["accuracy"] for run in found] == expected[::-1]


def test_searches_metrics_of_any_name_and_size(api: httpx.Client, history: History) -> None:
    found = get(api, "/experiments/runs", metric=MODEL_METRIC, op="lt", threshold=-0.65)["items"]
    assert [run["run_id"] for run in found] == [history.runs[-1]]
    for name, value in EXTREMES.items():
        if not math.isnan(value):
            found = get(api, "/experiments/runs", metric=name, op="eq", threshold=value)["items"]
            assert [run["run_id"] for run in found] == [history.extreme_run], name
    for op in ("le", "gt"):
        assert get(api, "/experiments/runs", metric="nan", op=op, threshold=0)["items"] == []


def test_searches_only_in_the_experiments_asked_for(api: httpx.Client, history: History) -> None:
    query: dict[str, Value] = {"metric": "accuracy", "op": "ge", "threshold": 0}
    path = "/experiments/runs"
    assert get(api, path, **query, experiment_id=history.empty)["items"] == []
    both = get(api, path, **query, experiment_id=[history.empty, history.vision])["items"]
    assert len(both) == len(ACCURACIES)


def test_pages_through_a_search(api: httpx.Client, history: History) -> None:
    parts = pages(api, "/experiments/runs", metric="accuracy", op="gt", threshold=0.15, limit=4, order="asc")
    assert [[run["metrics"]["accuracy"] for run in part] for part in parts] == [
        [0.2, 0.3, 0.4, 0.5],
        [0.6, 0.7],
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/experiments/424242", "experiment-not-found"),
        ("/experiments/999999999999999999", "experiment-not-found"),
        ("/experiments/424242/runs", "experiment-not-found"),
        ("/experiments/runs?metric=m&op=gt&threshold=0&experiment_id=424242", "experiment-not-found"),
        ("/experiments/runs/0123456789abcdef0123456789abcdef", "run-not-found"),
    ],
)
def test_what_mlflow_does_not_know_is_404(api: httpx.Client, path: str, kind: str) -> None:
    assert refused(api, path, 404)["type"] == f"urn:problem:{kind}"


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/experiments/latest", "experiment_id"),
        ("/experiments/9999999999999999999", "experiment_id"),
        ("/experiments/runs/..%27", "run_id"),
        ("/experiments?limit=0", "limit"),
        ("/experiments?limit=1001", "limit"),
        ("/experiments?lifecycle=gone", "lifecycle"),
        ("/experiments?nmae=Vision", "nmae"),
        ("/experiments?page_token=%00", "page_token"),
        ("/experiments/runs", "metric"),
        ("/experiments/runs?metric=m&op=gt", "threshold"),
        ("/experiments/runs?metric=m&op=ne&threshold=1", "op"),
        ("/experiments/runs?metric=m&op=gt&threshold=nan", "threshold"),
        ("/experiments/runs?metric=m&op=gt&threshold=-inf", "threshold"),
        ("/experiments/runs?metric=m&op=gt&threshold=0 OR 1=1", "threshold"),
        ("/experiments/runs?metric=m%60 > 0 OR metrics.%60m&op=gt&threshold=1", "metric"),
        ("/experiments/runs?metric=m' OR '1'='1&op=gt&threshold=1", "metric"),
        ("/experiments/runs?metric=m;&op=gt&threshold=1", "metric"),
        ("/experiments/runs?metric=m%0A&op=gt&threshold=1", "metric"),
        ("/experiments/runs?metric=&op=gt&threshold=1", "metric"),
        (f"/experiments/runs?metric={'m' * 251}&op=gt&threshold=1", "metric"),
    ],
)
def test_bad_input_is_422_and_named(api: httpx.Client, path: str, part: str) -> None:
    problem = refused(api, path, 422)
    assert problem["type"] == "urn:problem:invalid-query"
    assert part in [error["location"][-1] for error in problem["errors"]]


@pytest.mark.parametrize("path", ["/experiments?page_token=nonsense", "/experiments/0/runs?page_token=e30="])
def test_a_page_token_that_mlflow_did_not_make_is_422(api: httpx.Client, path: str) -> None:
    assert refused(api, path, 422)["type"] == "urn:problem:invalid-query"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/mlflow", 404), ("DELETE", "/experiments", 405)]
)
def test_what_is_not_offered_is_a_problem_too(api: httpx.Client, method: str, path: str, status: int) -> None:
    response = api.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "about:blank"


def test_docs_need_nothing_from_elsewhere(api: httpx.Client) -> None:
    page = api.get("/experiments/docs")
    assert page.is_success
    assert "https://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f'"/experiments/docs/assets/{asset}"' in page.text
        assert api.get(f"/experiments/docs/assets/{asset}").is_success
