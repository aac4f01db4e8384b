"""One request, from its arrival to its end."""

import logging
import time
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field

from starlette.requests import Request

from adapter.call import Account

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered; empty outside of one."""

_log = logging.getLogger("adapter.access")

CLIENT_GONE = 499
"""nginx's status for a request whose client left before it was answered."""


@dataclass(slots=True)
class Visit:
    """What is known of it, and what is to be done at its end."""

    account: Account
    at_end: ExitStack = field(default_factory=ExitStack)

    def close(self, method: str, path: str) -> None:
        """Give back what it held, and log it: who, what, how long and how much, never what was said."""
        self.at_end.close()
        account = self.account
        fields: dict[str, object] = {
            "method": method,
            "path": path,
            "status": account.status,
            "outcome": account.outcome,
            "duration_ms": round((time.monotonic_ns() - account.started) / 1e6, 1),
            "team": account.team,
            "model": account.model,
        }
        if account.upstream:
            fields |= {
                "upstream": account.upstream,
                "fallback": account.fallback,
                "prompt_tokens": account.usage.prompt,
                "generated_tokens": account.usage.generated,
                "stream": account.stream,
            }
        if account.first_token is not None:
            fields["first_token_ms"] = round((account.first_token - account.started) / 1e6, 1)
        _log.info("request", extra={"fields": fields})


def visit_of(request: Request) -> Visit:
    """The visit that ``request`` is."""
    visit: Visit = request.scope["visit"]
    return visit
