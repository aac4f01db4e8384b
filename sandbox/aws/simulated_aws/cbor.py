"""Answers clients that speak Smithy RPC v2 CBOR, as the AWS SDK for Go does with CloudWatch.

moto 5.2.5 knows JSON only: a request is handed on as JSON and its answer handed back as CBOR (RFC 8949).
Times are numbers in JSON and tagged numbers in CBOR; the service's model says which numbers are times.
"""

import io
import json
import re
import struct
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import botocore.session
from botocore.parsers import RpcV2CBORParser

from simulated_aws.calls import App, Environ, service_of

PATH = re.compile(r"^/service/(\w+)/operation/(\w+)$")


class Cbor:
    """The simulated AWS for such clients."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        call = PATH.match(environ["PATH_INFO"])
        if call is None:
            return self._app(environ, start_response)
        target, operation = call.groups()
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = json.dumps(decode(raw), default=seconds_of).encode()
        environ |= {
            "PATH_INFO": "/",
            "REQUEST_URI": "/",
            "CONTENT_TYPE": "application/x-amz-json-1.0",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_AMZ_TARGET": f"{target}.{operation}",
            "wsgi.input": io.BytesIO(body),
        }
        environ.pop("HTTP_SMITHY_PROTOCOL", None)
        model = (
            botocore.session.get_session().get_service_model(service_of(environ)).operation_model(operation)
        )
        answer: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            answer["status"] = status
            answer["headers"] = [each for each in headers if each[0].lower().startswith("x-amz")]

        text = b"".join(self._app(environ, start))
        failed = int(answer["status"].split()[0]) >= 400
        encoded = encode(json.loads(text or b"{}"), None if failed else model.output_shape)
        kind = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        start_response(answer["status"], kind + answer["headers"])
        return [encoded]


def decode(raw: bytes) -> Any:
    if not raw:
        return {}
    return RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(raw)))


def seconds_of(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"{type(value)} in a request")


def encode(value: Any, shape: Any) -> bytes:  # noqa: PLR0911 one return per type
    """A value of JSON in CBOR."""
    if shape is not None and shape.type_name == "timestamp" and value is not None:
        return b"\xc1" + encode(float(value), None)
    if isinstance(value, dict):
        members = {key: item for key, item in value.items() if item is not None}
        pairs = b"".join(
            encode(key, None) + encode(item, member(shape, key)) for key, item in members.items()
        )
        return head(5, len(members)) + pairs
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(encode(item, getattr(shape, "member", None)) for item in value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    return b"\xf6"


def member(shape: Any, key: str) -> Any:
    if shape is None:
        return None
    return shape.members.get(key) if shape.type_name == "structure" else getattr(shape, "value", None)


def head(major: int, size: int) -> bytes:
    """The type of an item and its size."""
    if size < 24:
        return bytes([major << 5 | size])
    for code, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32)):
        if size < limit:
            return bytes([major << 5 | code]) + struct.pack(form, size)
    return bytes([major << 5 | 27]) + struct.pack(">Q", size)
