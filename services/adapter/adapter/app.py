"""Puts the application together."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from adapter import __version__
from adapter.dialect import openai_error
from adapter.edge import Edge
from adapter.errors import ApiError, NoSuchPathError, WrongMethodError
from adapter.ollama_answers import ollama_error
from adapter.ollama_routes import ollama_router
from adapter.openai_routes import openai_router
from adapter.service import Service
from adapter.visit import visit_of

_log = logging.getLogger(__name__)


def public_app(service: Service) -> FastAPI:
    """For clients. It documents itself nowhere: OpenAI's and Ollama's documents do."""
    app = FastAPI(title="Adapter", version=__version__, openapi_url=None)
    app.include_router(openai_router(service))
    app.include_router(ollama_router(service))

    @app.exception_handler(ApiError)
    async def _known(request: Request, error: ApiError) -> JSONResponse:
        return _answer(request, error)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer = _answer(request, WrongMethodError(f"Not by {request.method}."))
            answer.headers.update(error.headers or {})
            return answer
        return _answer(request, NoSuchPathError(f"Nothing is served at {request.url.path[:128]}."))

    @app.exception_handler(Exception)
    async def _bug(request: Request, _: Exception) -> JSONResponse:
        return _answer(request, ApiError("The service failed; its log has the request id."))

    app.add_middleware(Edge, metrics=service.metrics, drain=service.drain)
    return app


def _answer(request: Request, error: ApiError) -> JSONResponse:
    visit_of(request).account.outcome = error.code
    ollama = request.url.path.startswith("/api/")
    return JSONResponse(ollama_error(error) if ollama else openai_error(error), error.status, error.headers())
