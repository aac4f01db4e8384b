"""Errors as RFC 9457 problem documents, the only form in which this service reports one."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from experiments.observability import REQUEST_ID_HEADER, request_id

MEDIA_TYPE = "application/problem+json"


class InvalidInput(BaseModel):
    """One part of the request that was refused."""

    location: list[str | int] = Field(examples=[["query", "threshold"]])
    message: str = Field(examples=["Input should be a finite number"])


class Problem(BaseModel):
    """A problem document."""

    type: str = Field(examples=["urn:problem:run-not-found"], description="Names the kind of problem.")
    title: str = Field(examples=["No such run"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["MLflow knows no run '42'."])
    instance: str = Field(examples=["/experiments/runs/42"])
    request_id: str = Field(description="The same as in the header X-Request-ID and in the logs.")
    errors: list[InvalidInput] | None = None


class ProblemError(Exception):
    """A failure that has an answer: raised anywhere, rendered once."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    kind: str | None = "internal"
    title = "Internal error"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        """Say what went wrong, in words fit for any reader; ``retry_after`` in seconds."""
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class ExperimentNotFoundError(ProblemError):
    """MLflow knows no such experiment."""

    status = HTTPStatus.NOT_FOUND
    kind = "experiment-not-found"
    title = "No such experiment"


class RunNotFoundError(ProblemError):
    """MLflow knows no such run."""

    status = HTTPStatus.NOT_FOUND
    kind = "run-not-found"
    title = "No such run"


class InvalidQueryError(ProblemError):
    """MLflow refuses what was asked, for instance a page token of its own making that is not."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    kind = "invalid-query"
    title = "The request cannot be understood"


class TrackingUnavailableError(ProblemError):
    """MLflow cannot be reached, or says itself that it cannot answer now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "tracking-unavailable"
    title = "MLflow is not available"


class TrackingBusyError(TrackingUnavailableError):
    """More requests wait for MLflow than may."""

    kind = "tracking-busy"
    title = "Too many requests wait for MLflow"


class TrackingSlowError(ProblemError):
    """MLflow did not answer in time."""

    status = HTTPStatus.GATEWAY_TIMEOUT
    kind = "tracking-slow"
    title = "MLflow did not answer in time"


class TrackingFailedError(ProblemError):
    """MLflow answered with something that is of no use: its own failure, or a refusal to talk to us."""

    status = HTTPStatus.BAD_GATEWAY
    kind = "tracking-failed"
    title = "MLflow's answer was of no use"


def install(app: FastAPI) -> None:
    """Make every error of ``app`` a problem document, in its answers and in its OpenAPI schema."""

    @app.exception_handler(ProblemError)
    async def _known(request: Request, error: ProblemError) -> JSONResponse:
        return _response(request, error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [InvalidInput(location=list(e["loc"]), message=e["msg"]) for e in error.errors()]
        detail = "; ".join(f"{'.'.join(str(part) for part in e.location)}: {e.message}" for e in errors)
        return _response(request, InvalidQueryError(detail), errors)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        problem = ProblemError(str(error.detail))
        problem.status = HTTPStatus(error.status_code)
        problem.title = problem.status.phrase
        problem.kind = None
        response = _response(request, problem)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def _bug(request: Request, _: Exception) -> JSONResponse:
        return _response(request, ProblemError("The service failed; its log has the request id."))

    schema = app.openapi

    def openapi() -> dict[str, Any]:
        document = schema()
        for path in document.get("paths", {}).values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in content:
                        content[MEDIA_TYPE] = content.pop("application/json")
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to amend the schema


def documented(*errors: type[ProblemError]) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says about the answers that these errors become."""
    return {int(error.status): {"model": Problem, "description": error.title} for error in errors}


def _response(
    request: Request, error: ProblemError, errors: list[InvalidInput] | None = None
) -> JSONResponse:
    problem = Problem(
        type=f"urn:problem:{error.kind}" if error.kind else "about:blank",
        title=error.title,
        status=error.status,
        detail=error.detail,
        instance=request.url.path,
        request_id=request_id.get(),
        errors=errors,
    )
    headers = {REQUEST_ID_HEADER: problem.request_id}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(problem.model_dump(exclude_none=True), problem.status, headers, media_type=MEDIA_TYPE)
