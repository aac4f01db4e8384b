"""Answers a request that was carried out the same again, when its sender tries once more.

Clients of AWS number the attempts at one call. Where the machine is busy, a connection may break after a
call was carried out; a second CreateSubnet would then fail with a conflict that AWS's own network hardly
ever shows. Failures that a drill orders are no such answers.
"""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from simulated_aws.calls import App, Environ

remembered = 2000
"""How many calls back an answer is known."""


class Attempts:
    """Knows the last answers by the number of their call."""

    def __init__(self, app: App) -> None:
        self._app, self._lock = app, threading.Lock()
        self._answers: OrderedDict[str, tuple[str, list[tuple[str, str]], bytes]] = OrderedDict()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if call is None:
            return self._app(environ, start_response)
        with self._lock:
            known = self._answers.get(call)
        if known is not None:
            sys.stderr.write(f"given again: the answer to call {call}\n")
            sys.stderr.flush()
            start_response(known[0], known[1])
            return [known[2]]
        said: list[Any] = []
        body = b"".join(self._app(environ, lambda status, headers, *_: said.extend((status, headers))))
        status, headers = said[0], said[1]
        if status.startswith("2"):
            with self._lock:
                self._answers[call] = (status, headers, body)
                while len(self._answers) > remembered:
                    self._answers.popitem(last=False)
        start_response(status, headers)
        return [body]
