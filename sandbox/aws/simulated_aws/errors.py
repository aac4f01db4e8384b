"""Errors in the form of a service's protocol."""

import json
from xml.sax.saxutils import escape

import botocore.session


def failure(service: str, code: str, message: str) -> tuple[str, str]:
    """An error in the form of the service's protocol."""
    try:
        protocol = botocore.session.get_session().get_service_model(service).metadata["protocol"]
    except Exception:  # noqa: BLE001 what botocore does not know gets the newest form
        protocol = "json"
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if protocol == "ec2":
        return (
            "text/xml",
            f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>simulated</RequestID></Response>",
        )
    if protocol == "query" or (protocol == "rest-xml" and service != "s3"):
        return (
            "text/xml",
            f"<ErrorResponse><Error>{inner}</Error><RequestId>simulated</RequestId></ErrorResponse>",
        )
    if protocol == "rest-xml":
        return "text/xml", f"<Error>{inner}</Error>"
    return "application/json", json.dumps({"__type": code, "message": message})
