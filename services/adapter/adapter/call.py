"""What is asked of an upstream, and what came of it: plain values between the dialects and the engines."""

from dataclasses import dataclass, field
from enum import StrEnum


class Endpoint(StrEnum):
    """Calls that engines answer, by their paths."""

    CHAT = "/v1/chat/completions"
    COMPLETIONS = "/v1/completions"
    EMBEDDINGS = "/v1/embeddings"


@dataclass(frozen=True, slots=True)
class Call:
    """One request in OpenAI's form, checked."""

    endpoint: Endpoint
    payload: dict[str, object]
    """Without ``model``, which each upstream calls by its own name."""
    stream: bool
    prompt_estimate: int
    """Tokens that the prompt may have: nobody here has the model's tokenizer."""
    reserved: int
    """Tokens that it may take at most, as far as that can be told before."""


@dataclass(slots=True)
class Usage:
    """Tokens, as the engine counted them; else as they were seen to pass."""

    prompt: int = 0
    generated: int = 0
    reported: bool = False

    @property
    def total(self) -> int:
        """All that the team pays for."""
        return self.prompt + self.generated


@dataclass(slots=True)
class Account:
    """What is known of one request when it is over: for the log and the metrics. No prompt, no answer."""

    request_id: str
    endpoint: str
    team: str = ""
    model: str = ""
    """As configured, never as the client wrote it: clients' words as labels would grow without bound."""
    upstream: str = ""
    served_model: str = ""
    fallback: bool = False
    stream: bool = False
    usage: Usage = field(default_factory=Usage)
    started: int = 0
    first_token: int | None = None
    status: int = 0
    """Of the answer; 499 where the client left before there was one (as in nginx's logs)."""
    outcome: str = ""
    """``ok``, an error's code, or ``client_gone``."""
