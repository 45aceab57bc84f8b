"""What is special about rows of Postgres: exactness or refusal, one snapshot, and an end when there is to be one."""

import csv
import io
import re
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.postgres_copy import BLOCK_BYTES
from exports_pipeline.adapters.postgres_snapshot import APPLICATION
from exports_pipeline.adapters.postgres_warehouse import PostgresWarehouse
from exports_pipeline.core.catalog import Dataset, DataSource
from exports_pipeline.core.errors import LedgerUnavailable, LostClaim, QueryFailed
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.refusals import QueryTooLarge, TimeLimitExceeded
from exports_pipeline_tests.builders import facts
from exports_pipeline_tests.fakes.objects import InMemoryObjectStore
from exports_pipeline_tests.tables import everything, exported


def rows_of(warehouse, selection, **options):
    body, _ = exported(warehouse, selection, formula_guard=False, **options)
    return list(csv.reader(io.StringIO(body.decode())))[1:]


def query(tables, sql, types):
    """A dataset over a SELECT."""
    return tables.described("asked", types, sql=sql)


def test_numbers_of_any_size_are_exact(postgres_tables):
    values = [Decimal("99999999999999999999999999999.999999999"), Decimal("-0.000000001"), None]
    dataset = postgres_tables.dataset("exact", {"n": "DECIMAL(38,9)"}, [[value] for value in values])
    assert rows_of(postgres_tables.warehouse, everything(dataset)) == [[str(values[0])], ["-0.000000001"], [""]]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DECIMAL(10,2)", "1.005"),
        ("DECIMAL(38,9)", "'NaN'"),
        ("DECIMAL(4,2)", "1234.5"),
        ("HUGEINT", "1.5"),
        ("HUGEINT", "1" + "0" * 40),
    ],
)
def test_a_number_that_does_not_fit_is_refused_and_never_rounded(postgres_tables, kind, value):
    dataset = query(postgres_tables, f"SELECT {value}::numeric AS price", {"price": kind})
    with pytest.raises(QueryFailed, match=re.escape(f"price has a value that is no {kind};")):
        exported(postgres_tables.warehouse, everything(dataset))


def test_instants_that_no_file_can_hold_are_refused(postgres_tables):
    dataset = query(postgres_tables, "SELECT 'infinity'::timestamptz AS at", {"at": "TIMESTAMP WITH TIME ZONE"})
    with pytest.raises(QueryFailed, match="at has a value"):
        exported(postgres_tables.warehouse, everything(dataset))


@pytest.mark.parametrize(
    ("declared", "sql"),
    [("BIGINT", "1.5::numeric"), ("INTEGER", "1::bigint"), ("UUID", "'a'::text"), ("VARCHAR[]", "'a'::text"),
     ("DOUBLE", "1::numeric"), ("TIMESTAMP", "now()")],
)  # fmt: skip
def test_a_column_that_holds_more_than_it_is_declared_with_is_named(postgres_tables, declared, sql):
    dataset = query(postgres_tables, f"SELECT {sql} AS wrong", {"wrong": declared})
    with pytest.raises(QueryFailed, match="column wrong of asked is declared"):
        exported(postgres_tables.warehouse, everything(dataset))


def test_a_column_that_is_gone_and_a_table_that_is_gone_are_no_answer(postgres_tables):
    dataset = postgres_tables.dataset("exact", {"n": "INTEGER"}, [[1]])
    for wrong in (replace(dataset, relation="gone"), replace(dataset, types={**dataset.types, "m": "INTEGER"})):
        with pytest.raises(QueryFailed):
            exported(postgres_tables.warehouse, everything(wrong))


def test_rows_that_are_empty_lines_are_rows(postgres_tables):
    rows = [[None], [""], ["\\."], [None], ["\n"]]
    dataset = postgres_tables.dataset("lines", {"t": "VARCHAR"}, rows)
    body, count = exported(postgres_tables.warehouse, everything(dataset), Format.JSONL)
    assert count == 5
    assert body.decode().split("\n") == [
        '{"t":null}', '{"t":""}', '{"t":"\\\\."}', '{"t":null}', '{"t":"\\n"}', "",
    ]  # fmt: skip


@pytest.mark.parametrize("file_format", list(Format))
def test_no_rows_are_a_file_with_columns_all_the_same(postgres_tables, file_format):
    if file_format is Format.HTML:
        pytest.skip("a format of reports")
    dataset = postgres_tables.dataset("none", {"n": "DECIMAL(38,9)", "tags": "VARCHAR[]", "at": "DATE"})
    body, rows = exported(postgres_tables.warehouse, everything(dataset), file_format)
    assert rows == 0
    assert body or file_format is Format.JSONL


def test_what_is_counted_is_what_is_written_whatever_comes_between(postgres_tables):
    dataset = postgres_tables.dataset("moving", {"n": "INTEGER"}, [[1], [2]])
    selection, upload = everything(dataset), InMemoryObjectStore().upload("key", content_type="", download_name="")
    with postgres_tables.warehouse.open() as session:
        assert session.count(selection) == 2
        postgres_tables.run("INSERT INTO moving VALUES (3)")
        written = session.write(
            selection, upload, file_format=Format.CSV, options=FormatOptions(), about=facts(selection), tick=print
        )
        totals = session.totals(selection)
    assert (written, totals[0].max) == (2, "2")


def test_snapshots_have_one_name_until_somebody_writes(postgres_tables):
    names = []
    for statement in ("SELECT 1", "CREATE TABLE more (n int)"):
        postgres_tables.run(statement)
        with postgres_tables.warehouse.open() as first, postgres_tables.warehouse.open() as second:
            assert first.snapshot.name == second.snapshot.name
            names.append(first.snapshot.name)
    assert names[0] != names[1]


def sessions_at_work(tables):
    with psycopg.connect(tables.url) as connection:
        found = connection.execute(
            "SELECT query FROM pg_stat_activity WHERE application_name = %s AND datname = %s AND state = 'active'",
            [APPLICATION, tables.name],
        )
        return [query for (query,) in found]


ENDLESS = "SELECT i::bigint AS i, repeat('x', 100) AS text FROM generate_series(1, 1000000000) AS i"


@pytest.mark.parametrize("step", ["count", "write"])
def test_an_attempt_that_has_lost_its_claim_stops_its_query_in_postgres(postgres_tables, step, tmp_path):
    dataset = query(postgres_tables, ENDLESS, {"i": "BIGINT", "text": "VARCHAR"})
    warehouse = PostgresWarehouse(postgres_tables.url, limits=DuckDbLimits(spill_folder=tmp_path))
    selection, upload = everything(dataset), InMemoryObjectStore().upload("key", content_type="", download_name="")
    seen = []

    def tick(_share=None):
        seen.extend(sessions_at_work(postgres_tables))
        if len(seen) > 2:
            raise LostClaim

    def work():
        with warehouse.open() as session:
            if step == "count":
                session.count(selection, tick=tick)
            session.write(
                selection, upload, file_format=Format.CSV, options=FormatOptions(), about=facts(selection), tick=tick
            )

    began = time.monotonic()
    with pytest.raises(LostClaim):
        work()
    assert time.monotonic() - began < 20
    assert any("generate_series" in text for text in seen)
    assert sessions_at_work(postgres_tables) == []
    assert list(tmp_path.iterdir()) == []


def test_postgres_itself_ends_what_takes_longer_than_one_may(postgres_tables):
    warehouse = PostgresWarehouse(postgres_tables.url, time_limit=timedelta(seconds=0.3))
    with pytest.raises(TimeLimitExceeded), warehouse.open() as session:
        session.count(everything(query(postgres_tables, ENDLESS, {"i": "BIGINT"})))


def test_a_count_for_a_request_gives_up_after_a_second(postgres_tables):
    sql = "SELECT 1 AS i FROM pg_sleep(5)"
    assert (
        postgres_tables.warehouse.count_up_to(everything(query(postgres_tables, sql, {"i": "INTEGER"})), most=5) is None
    )


def test_a_copy_may_use_so_much_disk_and_no_more(postgres_tables, tmp_path):
    warehouse = PostgresWarehouse(postgres_tables.url, limits=DuckDbLimits(spill_mb=1, spill_folder=tmp_path))
    sql = "SELECT md5(i::text) AS text FROM generate_series(1, 1000000) AS i"
    with pytest.raises(QueryTooLarge):
        exported(warehouse, everything(query(postgres_tables, sql, {"text": "VARCHAR"})))
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_is_longer_than_a_block_is_refused_in_words(postgres_tables):
    dataset = query(postgres_tables, f"SELECT repeat('x', {2 * BLOCK_BYTES}) AS text", {"text": "VARCHAR"})
    with pytest.raises(QueryTooLarge, match="leave out the column"):
        exported(postgres_tables.warehouse, everything(dataset))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS i) TO STDOUT; DELETE FROM kept; COPY (SELECT 1 AS i",
        "WITH gone AS (DELETE FROM kept RETURNING 1 AS i) SELECT i FROM gone",
        "SELECT nextval('numbers')::int AS i",
    ],
)
def test_a_query_cannot_write(postgres_tables, sql):
    postgres_tables.run("CREATE TABLE kept AS SELECT 1 AS i; CREATE SEQUENCE numbers")
    with pytest.raises(QueryFailed):
        exported(postgres_tables.warehouse, everything(query(postgres_tables, sql, {"i": "INTEGER"})))
    with psycopg.connect(postgres_tables.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_a_sample_is_what_postgres_plans_with(postgres_tables):
    dataset = postgres_tables.dataset("many", {"n": "INTEGER"})
    postgres_tables.run("INSERT INTO many SELECT i FROM generate_series(1, 10000) AS i")
    with psycopg.connect(postgres_tables.url, autocommit=True) as connection:
        connection.execute("ANALYZE many")
    with postgres_tables.warehouse.open() as session:
        assert session.count(everything(dataset, sample_percent=1)) == 100


def test_names_with_signs_of_sql_and_of_the_driver_are_names(postgres_tables):
    types = {'a"b': "INTEGER", "100%": "VARCHAR", "%(p0)s": "DATE"}
    dataset = postgres_tables.dataset('my "50%" table', types, [[1, "x", date(2026, 1, 1)]], tag="100%")
    dataset = replace(dataset, relation='"my ""50%"" table"')
    selection = everything(dataset, tag_ids=("x",))
    assert rows_of(postgres_tables.warehouse, selection) == [["1", "x", "2026-01-01"]]
    assert postgres_tables.warehouse.values(selection, "100%", prefix="", limit=3) == ["x"]
    assert postgres_tables.warehouse.missing_values(selection, "100%", ["x", "y%", "\x00"]) == ["y%", "\x00"]


def test_lists_of_owners_and_of_tags_are_looked_into(postgres_tables):
    types = {"owners": "VARCHAR[]", "tags": "INTEGER[]"}
    rows = [[["ann", "bob"], [1, 2]], [["bob"], [2]], [None, None]]
    dataset = postgres_tables.dataset("lists", types, rows, owner="owners", tag="tags")
    ann, bob = (everything(dataset, owner_key=key) for key in ("ann", "bob"))
    assert rows_of(postgres_tables.warehouse, ann) == [['["ann","bob"]', "[1,2]"]]
    assert len(rows_of(postgres_tables.warehouse, replace(bob, tag_ids=("2",)))) == 2
    assert postgres_tables.warehouse.values(ann, "tags", prefix="", limit=5) == ["1", "2"]
    assert postgres_tables.warehouse.missing_values(ann, "tags", ["2", "3"]) == ["3"]


def test_a_postgres_that_is_away_is_told_as_such_when_it_is_asked():
    dataset = Dataset(name="far", relation="far", columns=(), source=DataSource.POSTGRES)
    warehouse = PostgresWarehouse("postgresql://ann:hunter2@127.0.0.1:1/exports")
    with pytest.raises(LedgerUnavailable) as caught:
        warehouse.count_up_to(everything(dataset), most=1)
    assert "hunter2" not in str(caught.value)
