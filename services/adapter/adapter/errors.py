"""What goes wrong, as the client is told. Each dialect has its own form for it."""

from collections.abc import Mapping
from http import HTTPStatus


class ApiError(Exception):
    """An answer that is none: raised anywhere, rendered once.

    ``kind`` and ``code`` are OpenAI's ``type`` and ``code``; ``reason`` is the value of the metrics' label.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "server_error"
    code = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Say what is wrong, in words fit for any reader; ``retry_after`` in seconds."""
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.param = param
        self.retry_after = retry_after

    def headers(self) -> dict[str, str]:
        """Of the answer: whole seconds, rounded up, so that whoever comes back then is not too early."""
        return {} if self.retry_after is None else {"Retry-After": str(max(1, -int(-self.retry_after // 1)))}


class InvalidRequestError(ApiError):
    """The request cannot be served as it is."""

    status = HTTPStatus.BAD_REQUEST
    kind = "invalid_request_error"
    code = "invalid_request"


class UnauthorizedError(ApiError):
    """No key, or one that is not known."""

    status = HTTPStatus.UNAUTHORIZED
    kind = "authentication_error"
    code = "invalid_api_key"

    def headers(self) -> dict[str, str]:
        """As RFC 9110 wants of a 401."""
        return {"WWW-Authenticate": "Bearer"}


class UnknownModelError(ApiError):
    """No such model, or not for this team."""

    status = HTTPStatus.NOT_FOUND
    kind = "invalid_request_error"
    code = "model_not_found"


class NoSuchPathError(ApiError):
    """Nothing is served there."""

    status = HTTPStatus.NOT_FOUND
    kind = "invalid_request_error"
    code = "unknown_url"


class WrongMethodError(NoSuchPathError):
    """Something is served there, by another method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class TooLargeError(ApiError):
    """The body is larger than it may be."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    kind = "invalid_request_error"
    code = "request_too_large"


class RateLimitError(ApiError):
    """More than the team may ask for now."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    kind = "rate_limit_error"
    code = "rate_limit_exceeded"


class UnavailableError(ApiError):
    """No upstream can answer now, or this process is ending."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "service_unavailable"


class DrainingError(UnavailableError):
    """This process is ending; another answers."""

    code = "shutting_down"

    def headers(self) -> dict[str, str]:
        """The next request needs another connection, to reach another process."""
        return {**super().headers(), "Connection": "close"}


class UpstreamError(ApiError):
    """The upstream's answer was of no use."""

    status = HTTPStatus.BAD_GATEWAY
    code = "upstream_error"


class UpstreamSlowError(ApiError):
    """The upstream did not answer in time."""

    status = HTTPStatus.GATEWAY_TIMEOUT
    code = "upstream_timeout"


class RefusedError(ApiError):
    """The engine itself refused the request: its own words, whose status is passed on."""

    kind = "invalid_request_error"

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        """Take what is OpenAI's in an engine's error: vLLM's and llama.cpp's codes are numbers."""
        error = body.get("error")
        said = error if isinstance(error, Mapping) else body
        message = said.get("message") or (error if isinstance(error, str) else None)
        code, param = said.get("code"), said.get("param")
        super().__init__(
            message if isinstance(message, str) else "The engine refused the request.",
            code=code if isinstance(code, str) else "refused_by_engine",
            param=param if isinstance(param, str) else None,
        )
        self.status = HTTPStatus(status)
