"""Control totals: one row over the selection, exact where they claim to be."""

from dataclasses import replace

from exports_pipeline.core.manifest import ColumnTotals
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline_tests.tables import everything

VALUES = """
    SELECT * FROM (VALUES
        (1, 9007199254740993, 0.10::DECIMAL(18,2), DATE '2026-01-02', 'b', 1.5::DOUBLE, [1]),
        (NULL, 9007199254740993, 0.20, DATE '2026-01-01', NULL, 'nan'::DOUBLE, NULL),
        (3, NULL, 0.30, NULL, 'a', NULL, [])
    ) AS t(small, big, money, day, name, ratio, things)
"""


def totals(tables, selection):
    with tables.warehouse.open() as session:
        return {each.name: each for each in session.totals(selection)}


def test_nulls_ends_and_exact_sums_of_each_column(tables):
    big = "9007199254740993"
    assert totals(tables, everything(tables.dataset(VALUES))) == {
        "small": ColumnTotals(name="small", nulls=1, min="1", max="3", sum="4"),
        "big": ColumnTotals(name="big", nulls=1, min=big, max=big, sum="18014398509481986"),
        "money": ColumnTotals(name="money", nulls=0, min="0.10", max="0.30", sum="0.60"),
        "day": ColumnTotals(name="day", nulls=1, min="2026-01-01", max="2026-01-02"),
        "name": ColumnTotals(name="name", nulls=1),
        "ratio": ColumnTotals(name="ratio", nulls=1, min="1.5", max="nan"),
        "things": ColumnTotals(name="things", nulls=1),
    }


def test_a_column_that_is_not_shown_tells_its_nulls_only(tables):
    dataset = tables.dataset("SELECT 7 AS salary")
    (column,) = dataset.columns
    hidden = everything(dataset, columns=(replace(column, sensitive=Sensitivity.MASK),))
    assert totals(tables, hidden) == {"salary": ColumnTotals(name="salary", nulls=0)}


def test_a_sum_that_may_not_fit_is_left_out_and_fails_nothing(tables):
    dataset = tables.dataset("SELECT (repeat('9', 36) || '.99')::DECIMAL(38,2) AS d FROM range(1000)")
    assert totals(tables, everything(dataset))["d"].sum is None


def test_no_rows_have_no_ends(tables):
    dataset = tables.dataset("SELECT 7 AS a WHERE false")
    assert totals(tables, everything(dataset)) == {"a": ColumnTotals(name="a", nulls=0)}
