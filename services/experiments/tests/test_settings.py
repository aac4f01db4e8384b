"""Settings refuse what cannot work, and reach MLflow's client."""

import pytest
from experiments.settings import Settings
from mlflow.environment_variables import (
    MLFLOW_DISABLE_TELEMETRY,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER,
)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TRACKING_URI", "http://user:secret@mlflow:5000/mlflow", "MLFLOW_TRACKING_USERNAME"),
        ("TRACKING_URI", "mlflow:5000", "URL"),
        ("PREFIX", "experiments/", "match"),
        ("DEADLINE", "4", "MLFLOW_TIMEOUT"),
        ("CONCURRENCY", "0", "greater"),
    ],
)
def test_refuses_bad_settings_without_repeating_secrets(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"EXPERIMENTS_{name}", value)
    with pytest.raises(SystemExit, match=f"EXPERIMENTS_.*{reason}") as caught:
        Settings.from_environment()
    assert "secret" not in str(caught.value)


def test_the_clients_limits_are_ours_whatever_the_deployment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "MLFLOW_HTTP_REQUEST_TIMEOUT",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR",
        "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER",
        "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER",
        "MLFLOW_HTTP_POOL_MAXSIZE",
    ):
        monkeypatch.setenv(name, "99")
    Settings().apply_to_mlflow()
    assert MLFLOW_HTTP_REQUEST_TIMEOUT.get() == 5
    assert MLFLOW_HTTP_REQUEST_MAX_RETRIES.get() == 1
    assert MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER.get() is False
    assert MLFLOW_DISABLE_TELEMETRY.get() is True
