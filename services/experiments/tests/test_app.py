"""The application where a gateway puts it elsewhere."""

import asyncio

import httpx
from experiments.app import create_app
from experiments.settings import Settings
from fastapi import FastAPI


def ask(app: FastAPI, *paths: str, root_path: str = "", **headers: str) -> list[httpx.Response]:
    async def answers() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [await client.get(path, headers=headers) for path in paths]

    return asyncio.run(answers())


def test_answers_under_another_prefix() -> None:
    app = create_app(Settings(prefix="/v1/tracked"))
    elsewhere, usual = ask(app, "/v1/tracked/runs/no-such-thing%20", "/experiments/runs/x")
    assert elsewhere.status_code == 422
    assert usual.status_code == 404
    assert usual.json()["type"] == "about:blank"


def test_docs_and_document_know_what_the_gateway_strips() -> None:
    paths = "/experiments/docs", "/experiments/openapi.json"
    page, document = ask(create_app(Settings()), *paths, root_path="/team")
    assert "url: '/team/experiments/openapi.json'" in page.text
    assert 'src="/team/experiments/docs/assets/swagger-ui-bundle.js"' in page.text
    assert document.json()["servers"] == [{"url": "/team"}]


def test_a_bug_is_a_problem_that_names_the_request_and_nothing_else() -> None:
    app = create_app(Settings())

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    response, metrics = ask(app, "/broken", "/metrics", **{"X-Request-ID": "r1"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == response.json()["request_id"] == "r1"
    assert "secret" not in response.text
    assert "experiments_unhandled_exceptions_total 1.0" in metrics.text
