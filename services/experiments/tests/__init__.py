"""Tests of the experiments service against a real MLflow."""
