"""Tests of the harness: the real process against real servers of MLflow and S3."""
