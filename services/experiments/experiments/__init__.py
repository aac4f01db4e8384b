"""Experiments of the platform over HTTP: what MLflow tracked, as typed JSON."""

import os

__version__ = "0.1.0"

# MLflow reads this while it is imported: no thread that phones home from inside the cluster.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
