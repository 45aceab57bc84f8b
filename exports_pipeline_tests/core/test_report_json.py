"""A report comes back from JSON with every figure it had."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.core.report import KeyFigure, KeyFigures, Report, Table, TableColumn
from exports_pipeline.core.report_json import report_of_json, report_to_json
from exports_pipeline_tests.sample_reports import sample

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.dates(),
    st.datetimes().map(lambda moment: moment.replace(fold=0)),
    st.text(),
)


def again(report):
    return report_of_json(report_to_json(report))


@given(rows=st.lists(st.lists(VALUES, min_size=2, max_size=2), max_size=5), title=st.text())
def test_every_value_of_a_table_comes_back(rows, title):
    table = Table(columns=[TableColumn(title=title)] * 2, rows=rows, heading=title)
    [found] = again(Report(title=title, sections=[table])).sections
    assert repr([list(row) for row in found.rows]) == repr(rows)
    assert (found.heading, [column.title for column in found.columns]) == (title, [title] * 2)


def test_every_kind_of_section_comes_back():
    report = sample(parameters={"dataset": "sales", "by": ["a", "b"], "limit": 3, "is": "Text"})
    found = again(report)
    assert [type(each) for each in found.sections] == [type(each) for each in report.sections]
    assert repr(again(found)) == repr(found)
    assert report_to_json(found) == report_to_json(report)
    assert found.sections[0].figures == tuple(report.sections[0].figures[:4]) + found.sections[0].figures[4:]
    assert found.parameters["is"] == "Text"


def test_numbers_of_numpy_are_numbers():
    figure = KeyFigure(title="n", value=np.int64(7), previous=np.float64(nan))
    [found] = again(Report(title="", sections=[KeyFigures(figures=[figure])])).sections
    assert (found.figures[0].value, str(found.figures[0].previous)) == (7, "nan")


@pytest.mark.parametrize("value", [inf, -inf, Decimal("NaN"), Decimal("1E+400"), datetime(2026, 1, 1, tzinfo=UTC)])
def test_odd_values_come_back(value):
    figure = KeyFigure(title="n", value=value)
    [found] = again(Report(title="", sections=[KeyFigures(figures=[figure])])).sections
    assert repr(found.figures[0].value) == repr(value)


def test_what_no_report_holds_is_no_json():
    with pytest.raises(TypeError):
        report_to_json(replace(sample(), parameters={"a": object()}))
    with pytest.raises(TypeError):
        report_of_json(b"[]")


def test_a_day_is_no_instant():
    figure = KeyFigure(title="n", value=date(2026, 1, 1))
    [found] = again(Report(title="", sections=[KeyFigures(figures=[figure])])).sections
    assert type(found.figures[0].value) is date
