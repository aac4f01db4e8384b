"""No input changes what a filter means: MLflow's own parsers are the judges."""

import re
import sqlite3
from contextlib import closing

import pytest
from experiments.filters import metric_filter, metric_order, name_filter
from experiments.queries import METRIC_NAME, Operator, Order
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.search_utils import SearchExperimentsUtils, SearchUtils

metric_names = st.from_regex(METRIC_NAME, fullmatch=True)
thresholds = st.floats(allow_nan=False, allow_infinity=False)
SYMBOLS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "="}


@given(metric_names, st.sampled_from(Operator), thresholds)
def test_a_metric_filter_is_one_comparison(name: str, operator: Operator, threshold: float) -> None:
    (comparison,) = SearchUtils.parse_search_filter(metric_filter(name, operator, threshold))
    assert comparison["type"] == "metric"
    assert comparison["key"] == name
    assert comparison["comparator"] == SYMBOLS[operator]
    assert float(comparison["value"]) == threshold


@given(metric_names, st.sampled_from(["asc", "desc"]))
def test_a_metric_order_is_one_column(name: str, order: Order) -> None:
    assert SearchUtils.parse_order_by_for_search_runs(metric_order(name, order)) == (
        "metric",
        name,
        order == "asc",
    )


@given(st.text(), st.floats())
def test_any_other_metric_name_is_refused(name: str, threshold: float) -> None:
    if re.fullmatch(METRIC_NAME, name):
        return
    with pytest.raises(ValueError, match="not a metric name"):
        metric_filter(name, Operator.GT, threshold)
    with pytest.raises(ValueError, match="not a metric name"):
        metric_order(name, "asc")


# Without what no database takes: half a surrogate pair, and NUL, which ends SQLite's strings.
characters = st.characters(codec="utf-8", exclude_characters="\0")
hostile = st.text(characters | st.sampled_from("'\"`\\%_;-()"), min_size=1, max_size=40)


@given(hostile, hostile, hostile)
def test_a_name_filter_is_one_comparison_that_misses_nothing(part: str, before: str, after: str) -> None:
    (comparison,) = SearchExperimentsUtils.parse_search_filter(name_filter(part))
    assert (comparison["type"], comparison["key"]) == ("attribute", "name")
    assert comparison["comparator"] == "ILIKE"
    name = f"{before}{part}{after}"
    with closing(sqlite3.connect(":memory:")) as database:
        (found,) = database.execute("SELECT ? LIKE ?", (name, comparison["value"])).fetchone()
    assert found
