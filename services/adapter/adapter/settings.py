"""Settings, read once at start: the file that ``ADAPTER_CONFIG`` names, YAML or JSON.

Durations are in seconds, sizes in bytes. Field names are written in camelCase in the file.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator
from pydantic.alias_generators import to_camel
from pydantic_settings import BaseSettings, SettingsConfigDict

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,127}$")]
"""Of a model, an upstream, a team or a class of limits. They become labels in Prometheus, so they are few."""

Seconds = Annotated[float, Field(gt=0, le=3600)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]


class Environment(BaseSettings):
    """What the process is told by its environment: where the rest is."""

    model_config = SettingsConfigDict(env_prefix="ADAPTER_", frozen=True)

    config: Path = Path("/etc/adapter/config.yaml")
    """The file with the settings, a mounted ConfigMap."""


class Section(BaseModel):
    """A part of the file: nothing unknown in it, so that a mistyped name is a fault and not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


class Listen(Section):
    """Where the service listens."""

    host: str = "0.0.0.0"  # noqa: S104  # a pod's address is not known before it runs
    port: Port = 8000
    """For clients."""
    admin_port: Port = 9000
    """For the kubelet and Prometheus, which have no key: never routed from outside."""


class Limits(Section):
    """What one team may ask for. Each replica counts for itself: N replicas admit N times these rates."""

    body_bytes: Annotated[int, Field(ge=1024, le=256 * 2**20)] = 4 * 2**20
    """Of a request's body; more is answered with 413. Images come as base64 in it."""
    prompt_characters: Count = 200_000
    """Of all text in a request; more is answered with 400. An engine refuses by tokens, later and dearer."""
    max_tokens: Count = 8192
    """To generate for one choice; a request for more is answered with 400."""
    default_max_tokens: Count = 1024
    """To generate where a request does not say, and never more than ``maxTokens``: engines would go on to the
    end of their context."""
    choices: Annotated[int, Field(ge=1, le=128)] = 4
    """Answers to one request: ``n``, ``best_of``, and prompts in a list."""
    inputs: Annotated[int, Field(ge=1, le=10_000)] = 256
    """Texts to embed in one request."""
    concurrent: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Requests at a time; one more is answered with 429."""
    requests_per_minute: Annotated[int, Field(ge=1, le=10_000_000)] = 600
    """Also how many may come at once after a quiet minute."""
    tokens_per_minute: Count = 400_000
    """Prompts and answers. A request is admitted for what it may take at most, and pays for what it took."""

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Self:
        explicit = "default_max_tokens" in self.model_fields_set
        if explicit and self.default_max_tokens > self.max_tokens:
            raise ValueError(
                f"defaultMaxTokens {self.default_max_tokens} is above maxTokens {self.max_tokens}"
            )
        return self


class Team(Section):
    """What a team may do, where it is not what every team may."""

    limits: Name = "default"
    """A class of limits."""
    models: list[Name] | None = None
    """Models that it may use; all by default. Others do not exist for it."""


class Timeouts(Section):
    """How long an upstream may take."""

    connect: Seconds = 3.0
    first_token: Seconds = 120.0
    """From the request to the first event of a stream."""
    between_tokens: Seconds = 30.0
    """Between two events of a stream."""
    total: Seconds = 600.0
    """For the whole answer, streamed or not."""


class Upstream(Section):
    """One engine with OpenAI's API: vLLM, TGI, Ollama, llama.cpp, Triton's OpenAI frontend."""

    url: HttpUrl
    """Without ``/v1``."""
    model: Name
    """The model's name there. Answers carry it: they say which model served."""
    api_key_file: Path | None = None
    """Holds the engine's own key."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Requests at a time that this replica sends; others wait."""
    queue: Annotated[int, Field(ge=0, le=100_000)] = 128
    """Requests that may wait; one more goes to the next of the chain."""
    queue_seconds: Seconds = 10.0
    """How long one may wait; then it goes to the next of the chain."""
    timeouts: Timeouts = Timeouts()


class Model(Section):
    """A name that clients ask for, and who answers."""

    upstreams: Annotated[list[Name], Field(min_length=1, max_length=8)]
    """In order: the first one that works answers."""
    aliases: list[Name] = []
    """Further names, for instance Ollama's ``llama3.1:8b``."""
    embeds: bool = False
    """Whether it makes embeddings; else it generates text."""


class Breaker(Section):
    """When an upstream is left alone for a while."""

    failures: Annotated[int, Field(ge=1, le=1000)] = 5
    """In a row, until it is."""
    open_seconds: Seconds = 15.0
    """For how long; then one request probes it."""


class Drain(Section):
    """How the process ends. Their sum stays below the pod's terminationGracePeriodSeconds."""

    delay_seconds: Annotated[float, Field(ge=0, le=300)] = 5.0
    """After SIGTERM, requests are still served for so long, each the last of its connection: the cluster
    takes a while to route no more here."""
    grace_seconds: Seconds = 600.0
    """Then new ones are refused, and what is under way has so long to end."""


class Config(Section):
    """The whole file."""

    listen: Listen = Listen()
    keys_file: Path
    """Hashes of the keys of each team, a mounted Secret."""
    keys_reload_seconds: Seconds = 10.0
    """How often it is read again."""
    upstreams: Annotated[dict[Name, Upstream], Field(min_length=1, max_length=200)]
    models: Annotated[dict[Name, Model], Field(min_length=1, max_length=200)]
    limits: Annotated[dict[Name, Limits], Field(max_length=100)] = {}
    """Classes of limits. ``default`` holds for teams that ``teams`` does not name."""
    teams: Annotated[dict[Name, Team], Field(max_length=500)] = {}
    breaker: Breaker = Breaker()
    heartbeat_seconds: Seconds = 15.0
    """A stream that has nothing to say says that it lives, so that no proxy on the way cuts it."""
    drain: Drain = Drain()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    def limits_of(self, team: str) -> Limits:
        """The limits that hold for ``team``."""
        return self.limits.get(self.team(team).limits, Limits())

    def team(self, name: str) -> Team:
        """What ``name`` may do."""
        return self.teams.get(name, Team())
