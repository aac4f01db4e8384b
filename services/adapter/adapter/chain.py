"""The upstreams of a model, in order: the first one that works answers."""

import logging
from collections.abc import Mapping, Sequence

from adapter.call import Call
from adapter.failures import FailureError, told
from adapter.metrics import Metrics
from adapter.opened import Opened
from adapter.upstream import Upstream

_log = logging.getLogger(__name__)


class Chain:
    """Who answers for a model."""

    def __init__(self, model: str, upstreams: Sequence[Upstream], metrics: Metrics) -> None:
        """``model`` as clients call it."""
        self.model = model
        self._upstreams = upstreams
        self._metrics = metrics

    async def open(self, call: Call, headers: Mapping[str, str]) -> tuple[Opened, bool]:
        """The first answer that begins, and whether it is a fallback's.

        Nothing was passed on yet, so that going on to the next is safe; it may make two engines work.
        """
        failures: list[FailureError] = []
        for upstream in self._upstreams:
            try:
                return await upstream.open(call, headers), bool(failures)
            except FailureError as error:
                failures.append(error)
                self._metrics.failed(upstream.name, error.failure)
                fields = {"upstream": upstream.name, "failure": error.failure, "cause": str(error)}
                _log.warning("an upstream has no answer", extra={"fields": fields})
        raise told(failures)
