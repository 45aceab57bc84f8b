"""Numbers are cut to a multiple of a step and dates to their month, exactly and in their own type."""

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports_pipeline.core.value_types import coarse_step
from exports_pipeline.writers.truncation import truncated

CONNECTION = duckdb.connect(config={"threads": 1})


def cut(values, kind, step):
    cell = truncated("x", kind, step)
    given = f"SELECT unnest(CAST($v AS {kind}[])) AS x"
    statement = f"SELECT CAST(y AS VARCHAR), typeof(y) FROM (SELECT {cell} AS y FROM ({given}))"
    return CONNECTION.execute(statement, {"v": values}).fetchall()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.decimals(-(10**15), 10**15, places=2), max_size=20),
    st.decimals("0.02", 10**17, places=2).map(lambda step: f"{step:f}"),
)
def test_an_amount_is_cut_towards_zero_to_a_multiple_of_the_step(amounts, step):
    found = cut([str(each) for each in amounts], "DECIMAL(18,2)", step)
    for amount, (text, kind) in zip(amounts, found, strict=True):
        assert kind == "DECIMAL(18,2)"
        assert Decimal(text) == amount - amount % Decimal(step)  # Python's % has the sign of the amount, as SQL's


@pytest.mark.parametrize(
    ("kind", "value", "step", "expected"),
    [
        ("TINYINT", "127", "50", "100"),
        ("TINYINT", "-128", "1000", "0"),
        ("UBIGINT", "18446744073709551615", "1000", "18446744073709551000"),
        ("HUGEINT", "-170141183460469231731687303715884105727", "1000", "-170141183460469231731687303715884105000"),
        ("DECIMAL(38,10)", "1234567890123456789012345678.0123456789", "0.5", "1234567890123456789012345678.0000000000"),
        ("DOUBLE", "-1234.5", "100", "-1200.0"),
        ("DOUBLE", "nan", "100", "nan"),
        ("FLOAT", "inf", "100", "inf"),
        ("DATE", "2026-03-15", "", "2026-03-01"),
        ("TIMESTAMP", "2026-03-15 10:11:12", "", "2026-03-01 00:00:00"),
        ("TIMESTAMP_NS", "2026-03-15 10:11:12", "", "2026-03-01 00:00:00"),
        ("TIMESTAMP", "infinity", "", "infinity"),
    ],
)
def test_every_type_stays_what_it_is(kind, value, step, expected):
    assert cut([value, None], kind, step) == [(expected, kind), (None, kind)]


@pytest.mark.parametrize(
    ("step", "kind", "expected"),
    [
        ("1000", "DECIMAL(18,2)", "1000"),
        ("0.005", "DECIMAL(18,2)", ""),
        ("0.015", "DECIMAL(18,2)", "0.02"),
        ("1", "INTEGER", ""),
        ("2.5", "BIGINT", "3"),
        ("0.5", "DOUBLE", "0.5"),
    ],
)
def test_a_step_that_would_change_nothing_is_none(step, kind, expected):
    assert coarse_step(step, kind) == expected
