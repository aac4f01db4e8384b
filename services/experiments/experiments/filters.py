"""MLflow's filter and order strings, built so that no input can change what they mean."""

import re
from decimal import Decimal

from experiments.queries import METRIC_NAME, Operator, Order

_SYMBOLS = {Operator.GT: ">", Operator.GE: ">=", Operator.LT: "<", Operator.LE: "<=", Operator.EQ: "="}
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ./:-]")


def metric_filter(name: str, operator: Operator, threshold: float) -> str:
    """Runs whose latest value of metric ``name`` compares so with ``threshold``, a finite number."""
    # Plain digits: MLflow's parser does not take 1e+22 for a number.
    return f"{_metric(name)} {_SYMBOLS[operator]} {Decimal(repr(threshold)):f}"


def metric_order(name: str, order: Order) -> str:
    """Runs by their latest value of metric ``name``."""
    return f"{_metric(name)} {order.upper()}"


def name_filter(part: str) -> str:
    """Experiments whose name contains ``part`` in any case, and maybe some more.

    MLflow's LIKE has no escape, and its strings none that is safe. So everything that is not plain becomes
    ``_``, which matches any one character; the caller sorts out what matched only for that.
    """
    return f"name ILIKE '%{_NOT_PLAIN.sub('_', part)}%'"


def _metric(name: str) -> str:
    # Checked here too, whoever calls: the pattern is what keeps the backticks closed.
    if not re.fullmatch(METRIC_NAME, name):
        raise ValueError(f"not a metric name: {name!r}")
    return f"metrics.`{name}`"
