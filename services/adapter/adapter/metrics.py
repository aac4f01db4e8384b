"""Figures for Prometheus. Labels come from the settings and the key file, never from a request."""

import time
from collections.abc import Mapping
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from adapter import __version__
from adapter.breaker import Breaker
from adapter.call import Account
from adapter.failures import Failure

_FIRST = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0)
_BETWEEN = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 10.0)
_WHOLE = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0)


class _BreakerCollector(Collector):
    """Asks the breakers when it is asked: one that was open half-opens by time alone."""

    def __init__(self, breakers: Mapping[str, Breaker]) -> None:
        self._breakers = breakers

    def collect(self) -> list[GaugeMetricFamily]:
        """Their states now."""
        text = "0: closed, 1: half open, one request probes; 2: open, none is sent."
        family = GaugeMetricFamily("adapter_breaker_state", text, labels=["upstream"])
        for name, breaker in self._breakers.items():
            family.add_metric([name], breaker.state(time.monotonic_ns()))
        return [family]


class Metrics:
    """The service's figures, in a registry of their own."""

    def __init__(self) -> None:
        """Register all of them, with the process's memory, CPU and open files."""
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        registry: dict[str, Any] = {"registry": self.registry}
        Info("adapter", "The service itself.", **registry).info({"version": __version__})
        self._requests = Counter(
            "adapter_requests",
            "Requests by how they ended: ok, an error's code, client_gone.",
            ["team", "model", "endpoint", "outcome"],
            **registry,
        )
        self._prompt = Counter(
            "adapter_prompt_tokens", "Tokens of prompts.", ["team", "model", "upstream"], **registry
        )
        self._generated = Counter(
            "adapter_generated_tokens", "Tokens of answers.", ["team", "model", "upstream"], **registry
        )
        self._estimated = Counter(
            "adapter_estimated_usages",
            "Answers that broke off before an engine counted: the figures above hold what passed here.",
            ["model"],
            **registry,
        )
        self._first_token = Histogram(
            "adapter_time_to_first_token_seconds",
            "From a request's arrival to the first token of its stream.",
            ["model"],
            buckets=_FIRST,
            **registry,
        )
        self._between = Histogram(
            "adapter_inter_token_latency_seconds",
            "Between events of a stream that carry text, as they reach this service.",
            ["model"],
            buckets=_BETWEEN,
            **registry,
        )
        self._duration = Histogram(
            "adapter_request_duration_seconds",
            "From a request's arrival to the end of its answer.",
            ["model", "endpoint"],
            buckets=_WHOLE,
            **registry,
        )
        self._fallbacks = Counter(
            "adapter_fallbacks",
            "Answers by another than the first of the chain.",
            ["model", "upstream"],
            **registry,
        )
        self._failures = Counter(
            "adapter_upstream_failures", "Why an upstream had no answer.", ["upstream", "reason"], **registry
        )
        self._queued = Gauge(
            "adapter_queued_requests",
            "Requests that wait for a slot of an upstream.",
            ["upstream"],
            **registry,
        )
        self.in_flight = Gauge("adapter_in_flight_requests", "Requests under way.", **registry)
        self.draining = Gauge("adapter_draining", "1 once the process was told to end.", **registry)
        self.keys_stale = Gauge("adapter_keys_stale", "1 while the key file is of no use.", **registry)
        self.bugs = Counter(
            "adapter_unhandled_exceptions", "Requests that ended in an exception nobody expected.", **registry
        )

    def watch(self, breakers: Mapping[str, Breaker]) -> None:
        """Show the states of ``breakers``, by upstream, and begin the series of each."""
        self.registry.register(_BreakerCollector(breakers))
        for name in breakers:
            self._queued.labels(name).set(0)

    def queued(self, upstream: str, waiting: int) -> None:
        """That so many wait."""
        self._queued.labels(upstream).set(waiting)

    def failed(self, upstream: str, failure: Failure) -> None:
        """Count an upstream that had no answer."""
        self._failures.labels(upstream, failure.value).inc()

    def between(self, model: str, seconds: float, events: int) -> None:
        """Count ``events`` that came ``seconds`` after those before: together, so each took its share."""
        series = self._between.labels(model)
        for _ in range(events):
            series.observe(seconds / events)

    def finished(self, account: Account) -> None:
        """Count a request that is over."""
        self._requests.labels(account.team, account.model, account.endpoint, account.outcome).inc()
        if not account.model:
            return
        self._duration.labels(account.model, account.endpoint).observe(
            (time.monotonic_ns() - account.started) / 1e9
        )
        if account.first_token is not None:
            self._first_token.labels(account.model).observe((account.first_token - account.started) / 1e9)
        if not account.upstream:
            return
        self._prompt.labels(account.team, account.model, account.upstream).inc(account.usage.prompt)
        self._generated.labels(account.team, account.model, account.upstream).inc(account.usage.generated)
        if not account.usage.reported:
            self._estimated.labels(account.model).inc()
        if account.fallback:
            self._fallbacks.labels(account.model, account.upstream).inc()
