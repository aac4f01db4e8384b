"""What the routes work with: keys, limits, models. Made once at start."""

import asyncio
from collections.abc import Mapping
from functools import partial

from starlette.requests import Request

from adapter.body import read_object
from adapter.call import Account, Call
from adapter.chain import Chain
from adapter.dialect import Dialect
from adapter.drain import Drain
from adapter.edge import REQUEST_ID_HEADER
from adapter.errors import InvalidRequestError, UnauthorizedError, UnknownModelError
from adapter.keys import Keys
from adapter.ledger import Ledger
from adapter.metrics import Metrics
from adapter.reply import Order, Reply
from adapter.settings import Config, Limits
from adapter.upstream import Upstream
from adapter.visit import Visit, visit_of

_PASSED_ON = ("traceparent", "tracestate")
"""W3C's trace context. The client's key and cookies are for this service alone."""


class Service:
    """The parts that live as long as the process."""

    def __init__(self, config: Config) -> None:
        """Read the keys; raises ``FaultsError`` and, where an engine's key is not to be had, ``OSError``."""
        self.config = config
        self.metrics = Metrics()
        self.drain = Drain(config.drain, lambda: self.metrics.draining.set(1))
        self._keys = Keys(config.keys_file)
        self._ledger = Ledger()
        self._upstreams = {
            name: Upstream(name, settings, config.breaker, partial(self.metrics.queued, name))
            for name, settings in config.upstreams.items()
        }
        self.metrics.watch({name: upstream.breaker for name, upstream in self._upstreams.items()})
        self._chains = {
            name: Chain(name, [self._upstreams[upstream] for upstream in model.upstreams], self.metrics)
            for name, model in config.models.items()
        }
        self._names = {
            alias: name for name, model in config.models.items() for alias in [name, *model.aliases]
        }

    async def enter(self, request: Request, endpoint: str) -> tuple[Visit, Limits]:
        """Let a request in that has a key and is within its team's rates; it leaves by itself at its end."""
        visit = visit_of(request)
        visit.account.endpoint = endpoint
        self.drain.check()
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        team = self._keys.team_of(key.strip()) if scheme.lower() == "bearer" else None
        if team is None:
            raise UnauthorizedError("Give a key: 'Authorization: Bearer <key>'.")
        visit.account.team = team
        limits = self.config.limits_of(team)
        self._ledger.enter(team, limits)
        visit.at_end.callback(self._ledger.leave, team)
        return visit, limits

    async def body(self, request: Request, limits: Limits) -> dict[str, object]:
        """The object that the request's body is."""
        return await read_object(request, limits.body_bytes)

    def models_of(self, team: str) -> list[str]:
        """Names of the models that exist for ``team``."""
        allowed = self.config.team(team).models
        return [name for name in self.config.models if allowed is None or name in allowed]

    def chain(self, visit: Visit, asked: str, *, embeds: bool) -> Chain:
        """Who answers for the model that a client asked for."""
        name = self._names.get(asked)
        if name is None or name not in self.models_of(visit.account.team):
            raise UnknownModelError(
                f"There is no model {asked[:128]!r}. GET /v1/models lists them.", param="model"
            )
        visit.account.model = name
        if self.config.models[name].embeds is not embeds:
            made = "embeddings" if self.config.models[name].embeds else "text"
            raise InvalidRequestError(
                f"The model {name!r} makes {made} only.", param="model", code="wrong_endpoint"
            )
        return self._chains[name]

    def reply(self, request: Request, visit: Visit, chain: Chain, call: Call, dialect: Dialect) -> Reply:
        """The answer to ``call``, for which the tokens are set aside."""
        account = visit.account
        self._ledger.reserve(account.team, call.reserved)
        visit.at_end.callback(self._settle, account, call.reserved)
        account.stream = call.stream
        order = Order(call, chain, dialect, _headers(request, account), self.config.heartbeat_seconds)
        return Reply(order, account, self.metrics)

    async def run(self) -> None:
        """Look after the key file until cancelled."""
        while True:
            await asyncio.sleep(self.config.keys_reload_seconds)
            self.metrics.keys_stale.set(0 if self._keys.reload() else 1)

    async def close(self) -> None:
        """Close the connections to the upstreams."""
        for upstream in self._upstreams.values():
            await upstream.close()

    def _settle(self, account: Account, reserved: int) -> None:
        # An answer that never began costs nothing.
        self._ledger.settle(account.team, reserved, account.usage.total if account.upstream else 0)


def _headers(request: Request, account: Account) -> Mapping[str, str]:
    passed_on = {name: value for name in _PASSED_ON if (value := request.headers.get(name))}
    return {REQUEST_ID_HEADER: account.request_id, **passed_on}
