"""Questions to DuckDB itself: its types, its plans, and how it is stopped."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from exports_pipeline.adapters.question_sql import plan_question
from exports_pipeline.core.catalog import TimeColumn
from exports_pipeline.core.errors import LostClaim, QueryFailed
from exports_pipeline.core.question import Question
from exports_pipeline.core.question_text import parse_conditions, parse_dimension, parse_measure
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.writers.redaction import HashKey
from exports_pipeline_tests.tables import KEY, Tables, everything


@pytest.fixture
def tables(tmp_path):
    return Tables(tmp_path)


def question(*measures, by=(), where=""):
    return Question(
        dataset="things",
        measures=tuple(map(parse_measure, measures)),
        by=tuple(map(parse_dimension, by)),
        where=parse_conditions(where) if where else (),
    )


def ask(tables, selection, *measures, **more):
    with tables.warehouse.open() as session:
        return session.answer(selection, question(*measures, **more)).rows


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"])
def test_months_of_every_kind_of_time_are_those_of_the_zone(tables, kind):
    dataset = tables.dataset(f"SELECT unnest(['2026-01-31 23:30:00', '2026-02-10', NULL]::{kind}[]) AS at")
    berlin = everything(dataset, timezone="Europe/Berlin")
    assert ask(tables, berlin, "count", by=["at by month"]) == ((date(2026, 2, 1), 2), (None, 1))
    assert ask(tables, everything(dataset), "count", by=["at by month"])[0] == (date(2026, 1, 1), 1)


def test_times_without_end_belong_to_no_step(tables):
    dataset = tables.dataset(
        "SELECT unnest(['infinity', '-infinity', '2026-01-05']::TIMESTAMP[]) AS at, DATE 'infinity' AS d"
    )
    assert ask(tables, everything(dataset), "count", by=["at by week"]) == ((date(2026, 1, 5), 1), (None, 2))
    assert ask(tables, everything(dataset), "count", by=["d by day"]) == ((None, 3),)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("'00000000-0000-0000-0000-000000000007'::UUID", "00000000-0000-0000-0000-000000000007"),
        ("'x'::ENUM('x', 'y')", "x"),
        ("{'a': 1}", "{'a': 1}"),
        ("TIMESTAMPTZ '2026-01-05 01:00:00+01'", "2026-01-05 00:00:00+00"),
        ("170141183460469231731687303715884105727::HUGEINT", 170141183460469231731687303715884105727),
        ("true", True),
        ("1.50::DECIMAL(9,2)", Decimal("1.50")),
    ],
)
def test_rows_go_by_values_of_every_type(tables, value, shown):
    assert ask(tables, everything(tables.dataset(f"SELECT {value} AS a")), "count", by=["a"]) == ((shown, 1),)


def test_extremes_keep_their_type(tables):
    dataset = tables.dataset(
        "SELECT TIMESTAMPTZ '2026-01-05 01:00:00+01' AS at, 1.25::DECIMAL(9,2) AS a, 3::UBIGINT AS b"
    )
    found = ask(tables, everything(dataset), "min(at)", "max(a)", "avg(a)", "sum(b)", "ratio(a, b)")
    assert found == ((datetime(2026, 1, 5, tzinfo=UTC), Decimal("1.25"), Decimal("1.25"), 3, Decimal("0.41666667")),)


def test_sums_of_money_are_exact_where_floats_are_not(tables):
    dataset = tables.dataset("SELECT 0.10::DECIMAL(18,2) AS a FROM range(1000003)")
    assert ask(tables, everything(dataset), "sum(a)", "avg(a)") == ((Decimal("100000.30"), Decimal("0.10000000")),)


def test_floats_too_large_to_be_squared_are_unknown(tables):
    dataset = tables.dataset("SELECT unnest([1e308, -1e308, 'nan', 'inf', 1, 3]::DOUBLE[]) AS a")
    assert ask(tables, everything(dataset), "count", "count(a)", "var_samp(a)", "max(a)") == ((6, 2, 2.0, 3.0),)


def test_a_hashed_column_is_grouped_by_its_hash_and_the_key_stands_in_no_statement(tables):
    dataset = tables.dataset("SELECT unnest(['x', 'x', 'y']) AS mail")
    columns = tuple(replace(column, sensitive=Sensitivity.HASH) for column in dataset.columns)
    selection = everything(dataset, columns=columns)
    rows = ask(tables, selection, "count", "min(mail)", by=["mail"])
    assert sorted(count for _, count, _ in rows) == [1, 2]
    assert all(len(hashed) == 64 and hashed == lowest for hashed, _, lowest in rows)
    assert ask(tables, selection, "count", where="mail = x") == ((0,),)
    assert "key" not in plan_question(question("count", by=["mail"]), selection, HashKey(KEY)).statement


def test_a_dropped_column_that_got_through_is_masked(tables):
    dataset = tables.dataset("SELECT 'secret' AS a")
    columns = tuple(replace(column, sensitive=Sensitivity.DROP) for column in dataset.columns)
    assert ask(tables, everything(dataset, columns=columns), "count", by=["a"]) == (("***", 1),)


def test_the_sql_of_a_dataset_is_one_select_for_questions_too(tables):
    dataset = replace(tables.dataset("SELECT 1 AS a"), relation=None, sql="SELECT a FROM things; DROP TABLE things")
    with pytest.raises(QueryFailed):
        ask(tables, everything(dataset), "count")


def test_a_name_of_a_column_is_a_name_whatever_it_holds(tables):
    name = 'x" FROM things; --'
    dataset = tables.dataset('SELECT 7 AS "x"" FROM things; --"')
    quoted = '"' + name.replace('"', '""') + '"'
    assert ask(tables, everything(dataset), f"sum({quoted})", by=[quoted]) == ((7, 7),)


def test_what_a_tick_raises_stops_a_question(tables):
    dataset = tables.dataset("SELECT i AS a FROM range(3000) r(i)", time=None)
    slow = replace(dataset, relation=None, sql="SELECT x.a * y.a AS a FROM things x, things y, things z")

    def tick():
        raise LostClaim

    with pytest.raises(LostClaim), tables.warehouse.open() as session:
        session.answer(everything(slow), question("count_distinct(a)"), tick=tick)


def test_row_groups_outside_a_period_are_not_read_for_a_question(tables):
    dataset = tables.dataset(
        "SELECT DATE '2020-01-01' + (i // 1000)::INTEGER AS day, i AS a FROM range(1000000) r(i) ORDER BY i",
        time=TimeColumn(column="day"),
    )
    selection = everything(dataset, start_date=date(2020, 6, 1), end_date=date(2020, 6, 1))
    plan = plan_question(question("sum(a)", by=["day by month"]), selection, None)
    with tables.warehouse._pool.lease() as instance:
        [(_, text)] = instance.connection.execute(
            f"EXPLAIN ANALYZE {plan.statement}", plan.parameters.values
        ).fetchall()
    scanned, total = next(
        line.replace("│", " ").split(":")[-1].split("/") for line in text.splitlines() if "ps Scanned" in line
    )
    assert int(total) >= 8
    assert int(scanned) <= 2
