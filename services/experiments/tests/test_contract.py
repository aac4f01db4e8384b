"""The service keeps what its OpenAPI document promises, whatever it is asked."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.history import History
from tests.servers import ExperimentsServer

WITHOUT_PARAMETERS = ("/healthz", "/readyz", "/metrics")
PATHS = (
    "/experiments",
    "/experiments/runs",
    "/experiments/runs/{run_id}",
    "/experiments/{experiment_id}",
    "/experiments/{experiment_id}/runs",
    *WITHOUT_PARAMETERS,
)


@pytest.fixture(scope="session")
def document(service: ExperimentsServer, history: History) -> OpenApiSchema:
    return schemathesis.openapi.from_url(f"{service.url}/experiments/openapi.json")


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("path", [path for path in PATHS if path not in WITHOUT_PARAMETERS])
def test_answers_as_documented(document: OpenApiSchema, path: str, mode: GenerationMode) -> None:
    @given(document[path]["GET"].as_strategy(generation_mode=mode))
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def answers_as_documented(case: schemathesis.Case[Any]) -> None:
        # A page token is a string that only MLflow can make: the document cannot say which are good.
        case.call_and_validate(excluded_checks=[positive_data_acceptance], timeout=90)

    answers_as_documented()


@pytest.mark.parametrize("path", WITHOUT_PARAMETERS)
def test_answers_as_documented_without_being_asked_anything(document: OpenApiSchema, path: str) -> None:
    document[path]["GET"].Case().call_and_validate(timeout=90)


def test_documents_every_path(document: OpenApiSchema) -> None:
    assert set(document) == set(PATHS)


def test_documents_each_problem_in_its_own_media_type(api: httpx.Client) -> None:
    paths = api.get("/experiments/openapi.json").json()["paths"]
    answers = paths["/experiments/runs/{run_id}"]["get"]["responses"]
    assert set(answers) == {"200", "404", "422", "502", "503", "504"}
    for status, answer in answers.items():
        media_type = "application/json" if status == "200" else "application/problem+json"
        assert list(answer["content"]) == [media_type]
