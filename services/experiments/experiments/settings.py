"""Settings, read once at start from the environment (prefix ``EXPERIMENTS_``)."""

import os
import sys
from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_PREFIX = "EXPERIMENTS_"
Seconds = Annotated[float, Field(gt=0, le=300)]


class Settings(BaseSettings):
    """How the service reaches MLflow, and what it does when MLflow is slow or away."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, hide_input_in_errors=True)

    tracking_uri: HttpUrl = HttpUrl("http://127.0.0.1:5000/mlflow")
    """MLflow's address, with its static prefix. Credentials go into MLFLOW_TRACKING_USERNAME and _PASSWORD or
    MLFLOW_TRACKING_TOKEN, which the client reads itself: a URI ends up in logs."""

    prefix: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)+$")] = "/experiments"
    """Where the router answers. The gateway passes paths on as they are, so it is part of every path.
    (For one that strips something, uvicorn has UVICORN_ROOT_PATH.)"""

    mlflow_timeout: Annotated[int, Field(ge=1, le=300)] = 5
    """Seconds for one HTTP call to MLflow, whole seconds as its client wants them (whose default is 120)."""

    mlflow_retries: Annotated[int, Field(ge=0, le=5)] = 1
    """How often a failed call is tried again. The client's own is 7, which hangs for minutes."""

    deadline: Seconds = 8.0
    """Seconds until a request is answered with 504, whatever MLflow does."""

    concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    """Calls to MLflow at a time, each on a thread of its own."""

    queue: Annotated[int, Field(ge=0, le=10_000)] = 64
    """Calls that may wait for a thread; one more is answered with 503."""

    retry_after: Annotated[int, Field(ge=1, le=3600)] = 5
    """Seconds that a client is told to wait after a 503."""

    readiness_timeout: Seconds = 3.0
    """Seconds MLflow has to answer a readiness check. Keep it below the probe's own timeout."""

    readiness_ttl: Annotated[float, Field(ge=0, le=60)] = 2.0
    """Seconds for which a check's result is good, so that probes do not become load."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least important level to log."""

    @field_validator("tracking_uri")
    @classmethod
    def _no_credentials(cls, uri: HttpUrl) -> HttpUrl:
        if uri.username or uri.password:
            raise ValueError("has credentials: give MLFLOW_TRACKING_USERNAME and _PASSWORD instead")
        return uri

    @model_validator(mode="after")
    def _one_call_fits(self) -> Self:
        if self.deadline < self.mlflow_timeout:
            raise ValueError(f"{ENV_PREFIX}DEADLINE must not be below {ENV_PREFIX}MLFLOW_TIMEOUT")
        return self

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings; end the process with what is wrong with which variable."""
        try:
            return cls()
        except ValidationError as error:
            sys.exit("\n".join(_explain(list(e["loc"]), e["msg"]) for e in error.errors()))

    def apply_to_mlflow(self) -> None:
        """Set the client's limits. It knows only environment variables, and reads them at every call."""
        os.environ.update(
            MLFLOW_HTTP_REQUEST_TIMEOUT=str(self.mlflow_timeout),
            MLFLOW_HTTP_REQUEST_MAX_RETRIES=str(self.mlflow_retries),
            MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR="1",
            MLFLOW_HTTP_REQUEST_BACKOFF_JITTER="0",
            MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER="false",
            MLFLOW_HTTP_POOL_MAXSIZE=str(self.concurrency + 1),
        )


def _explain(location: list[str | int], message: str) -> str:
    reason = message.removeprefix("Value error, ")
    return f"{ENV_PREFIX}{'_'.join(map(str, location)).upper()}: {reason}" if location else reason
