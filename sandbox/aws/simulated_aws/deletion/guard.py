"""A check before something is done."""

import inspect
from typing import Any


def guard(backend: Any, method: str, check: Any) -> None:
    """Runs the check, which raises, before the method, with all of the method's arguments in their order."""
    original = getattr(backend, method)
    signature = inspect.signature(original)

    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = signature.bind(self, *args, **kwargs)
        given.apply_defaults()
        check(*given.arguments.values())
        return original(self, *args, **kwargs)

    setattr(backend, method, guarded)
