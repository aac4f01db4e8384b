"""Reads the body of a request: at most as much as it may be, one JSON object."""

import json
from typing import NoReturn

from starlette.requests import ClientDisconnect, Request

from adapter.errors import InvalidRequestError, TooLargeError


async def read_object(request: Request, most: int) -> dict[str, object]:
    """The object in the body, of which no more than ``most`` is read, and nothing if it says it is larger."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async for received in request.stream():
            body += received
            if len(body) > most:
                raise _too_large(most)
    except ClientDisconnect as error:
        raise InvalidRequestError("The body broke off.", code="client_gone") from error
    return parse(bytes(body))


def parse(body: bytes) -> dict[str, object]:
    """The object in ``body``; raises ``InvalidRequestError``."""
    try:
        value: object = json.loads(body, parse_constant=_constant)
    except RecursionError as error:
        raise InvalidRequestError("The body is nested too deeply.") from error
    except ValueError as error:
        # Without what json says: it may repeat a part of the prompt.
        raise InvalidRequestError("The body is no JSON.", code="invalid_json") from error
    if not isinstance(value, dict):
        raise InvalidRequestError("The body is no JSON object.", code="invalid_json")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _too_large(most: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {most} bytes.")
