"""The comparison of kept results by DuckDB agrees with a plain one in Python."""

import json
from collections import Counter
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports_pipeline.adapters.difference_sql import find_difference
from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.kept_rows import DuckDbKeptRows
from exports_pipeline.core.catalog import Catalog, Column
from exports_pipeline.core.difference import Change, Example, Total
from exports_pipeline.core.errors import LostClaim
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import NotKept, UnknownColumn
from exports_pipeline.usecases.compare_results import compare
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_report import request_report
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.kept_rows import difference
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")
COLUMNS = (
    Column(name="id", type="INTEGER"), Column(name="te xt", type="VARCHAR"), Column(name="sum", type="DECIMAL(9,2)"),
)  # fmt: skip
NAMES = [column.name for column in COLUMNS]
ROW = st.fixed_dictionaries(
    {
        "id": st.none() | st.integers(0, 3),
        "te xt": st.none() | st.sampled_from(["", "a", "A", "ä", "NULL", "b\n"]),
        "sum": st.none() | st.sampled_from([Decimal("0.00"), Decimal("-1.10"), Decimal("7.25")]),
    }
)
ROWS = st.lists(ROW, max_size=12)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


SCHEMA = pa.schema([("id", pa.int32()), ("te xt", pa.string()), ("sum", pa.decimal128(9, 2))])


def table(connection, name, rows):
    connection.register("given", pa.Table.from_pylist(rows, schema=SCHEMA))
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM given")


@settings(max_examples=60, deadline=None)
@given(before=ROWS, after=ROWS, key=st.sampled_from([(), ("id",), ("te xt", "id"), ("sum",)]), most=st.integers(1, 30))
def test_it_is_what_python_finds_and_its_examples_lead_from_the_one_to_the_other(connection, before, after, key, most):
    table(connection, "earlier", before)
    table(connection, "later", after)
    found = find_difference(connection, ("earlier", COLUMNS), ("later", COLUMNS), key=key, most=most)
    assert found == difference(NAMES, before, NAMES, after, key=key, most=most, summed=("id", "sum"), texts=("te xt",))
    assert found.rows_after - found.rows_before == found.added - found.removed
    assert found.is_empty == (Counter(map(as_texts, before)) == Counter(map(as_texts, after)))
    if not found.is_cut:
        rows = Counter(map(as_texts, before))
        for example in found.examples:
            rows[example.values] += 1 if example.change in {Change.ADDED, Change.AFTER} else -1
        assert +rows == Counter(map(as_texts, after))
        assert len(found.examples) == found.added + found.removed + 2 * found.changed


def as_texts(row):
    return tuple(None if row[name] is None else str(row[name]) for name in NAMES)


def test_columns_that_came_went_or_changed_their_type_are_said(connection):
    old = (Column(name="id", type="INTEGER"), Column(name="gone", type="DATE"), Column(name="n", type="INTEGER"))
    new = (Column(name="n", type="DECIMAL(9,2)"), Column(name="id", type="INTEGER"), Column(name="new", type="VARCHAR"))
    connection.execute("CREATE OR REPLACE TABLE earlier AS SELECT 1 AS id, DATE '2026-01-01' AS gone, 5 AS n")
    connection.execute("CREATE OR REPLACE TABLE later AS SELECT 5::DECIMAL(9,2) AS n, 1 AS id, 'x' AS new")
    found = find_difference(connection, ("earlier", old), ("later", new), key=("id",), most=9)
    assert (found.columns, found.appeared, found.vanished, found.retyped) == (("n", "id"), ("new",), ("gone",), ("n",))
    assert (found.changed, found.added, found.removed, found.is_empty) == (1, 0, 0, False)
    assert found.table() == (("change", "n", "id"), [("before", "5", "1"), ("after", "5.00", "1")])
    assert found.totals == (Total(column="id", before="1", after="1"),)


def test_results_without_a_common_column_differ_in_every_row(connection):
    connection.execute("CREATE OR REPLACE TABLE earlier AS SELECT 1 AS a")
    connection.execute("CREATE OR REPLACE TABLE later AS SELECT 1 AS b FROM range(3)")
    before, after = (
        (name, (Column(name=column, type="INTEGER"),)) for name, column in (("earlier", "a"), ("later", "b"))
    )
    found = find_difference(connection, before, after, key=(), most=9)
    assert (found.added, found.removed, found.columns, found.rows_after) == (2, 0, (), 3)
    assert {example.change for example in found.examples} == {Change.ADDED}


@pytest.mark.parametrize(
    ("kind", "one", "same", "other"),
    [
        ("DOUBLE", "'nan'", "'nan'", "0.5"),
        ("DOUBLE", "0.0", "-0.0", "'inf'"),
        ("JSON", "'{\"a\": 1}'", "'{\"a\": 1}'", "'{\"a\": 2}'"),
        ("VARIANT", "1", "1", "'1'::VARCHAR || 'x'"),
        ("INTEGER[]", "[1, NULL]", "[1, NULL]", "[NULL, 1]"),
        ("STRUCT(a INTEGER)", "{'a': 1}", "{'a': 1}", "{'a': NULL}"),
        ("MAP(VARCHAR, INTEGER)", "MAP {'a': 1}", "MAP {'a': 1}", "MAP {'b': 1}"),
        ("UNION(n INTEGER, s VARCHAR)", "union_value(n := 1)", "union_value(n := 1)", "union_value(s := '2')"),
        ("TIMESTAMPTZ", "'2026-01-01 00:00+01'", "'2025-12-31 23:00+00'", "'2026-01-01 00:00+00'"),
        ("INTERVAL", "'1 day'", "'1 day'", "'24 hours'"),
        ("BLOB", "'a'::BLOB", "'a'::BLOB", "'b'::BLOB"),
    ],
)
def test_values_of_every_type_are_compared(connection, kind, one, same, other):
    column = (Column(name="c", type=kind),)
    for name, value in (("earlier", one), ("later", same), ("apart", other)):
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT CAST({value} AS {kind}) AS c")
    assert find_difference(connection, ("earlier", column), ("later", column), key=(), most=9).is_empty
    assert find_difference(connection, ("earlier", column), ("apart", column), key=(), most=9).added == 1


def test_sums_of_floats_are_those_of_their_finite_values(connection):
    column = (Column(name="c", type="DOUBLE"), Column(name="hidden", type="INTEGER", sensitive=Sensitivity.HASH))
    connection.execute(
        "CREATE OR REPLACE TABLE earlier AS "
        "SELECT unnest(['0.5', 'nan', 'inf', NULL, '0.25']::DOUBLE[]) AS c, 'h' AS hidden"
    )
    connection.execute("CREATE OR REPLACE TABLE later AS SELECT c, hidden FROM earlier LIMIT 0")
    found = find_difference(connection, ("earlier", column), ("later", column), key=(), most=2)
    assert found.totals == (Total(column="c", before="0.75", after=None),)
    assert (found.removed, len(found.examples), found.is_cut) == (5, 2, True)


@pytest.mark.parametrize(
    ("kind", "other", "is_text"),
    [
        ("VARCHAR", "VARCHAR", True),
        ("BLOB", "BLOB", True),
        ("VARIANT", "VARIANT", True),
        ("UNION(n INTEGER, s VARCHAR)", "UNION(n INTEGER, s VARCHAR)", True),
        ("INTEGER", "VARCHAR", True),
        ("DECIMAL(9,2)", "DECIMAL(9,2)", False),
        ("INTERVAL", "INTERVAL", False),
        ("TIMESTAMPTZ", "TIMESTAMPTZ", False),
        ("JSON", "JSON", False),
    ],
)
def test_columns_that_a_spreadsheet_could_run_are_named(connection, kind, other, is_text):
    for name, column in (("earlier", other), ("later", kind)):
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT CAST(NULL AS {column}) AS c")
    before, after = ((name, (Column(name="c", type=each),)) for name, each in (("earlier", other), ("later", kind)))
    assert find_difference(connection, before, after, key=(), most=9).texts == (("c",) if is_text else ())


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("TIMESTAMPTZ", "'2026-01-01 00:00:00.5+01'", "2025-12-31 23:00:00.5+00:00"),
        ("BLOB", "'ab'::BLOB", "6162"),
        ("DECIMAL(9,2)", "-1.5", "-1.50"),
        ("INTEGER[]", "[1, NULL]", "[1, NULL]"),
    ],
)
def test_examples_have_cells_as_a_csv_file_has_them(connection, kind, value, text):
    connection.execute(f"CREATE OR REPLACE TABLE earlier AS SELECT CAST(NULL AS {kind}) AS c LIMIT 0")
    connection.execute(f"CREATE OR REPLACE TABLE later AS SELECT CAST({value} AS {kind}) AS c")
    column = (Column(name="c", type=kind),)
    found = find_difference(connection, ("earlier", column), ("later", column), key=("c",), most=9)
    assert found.examples == (Example(change=Change.ADDED, values=(text,)),)


def test_examples_stay_small_however_long_their_texts_are(connection):
    column = (Column(name="c", type="VARCHAR"),)
    connection.execute("CREATE OR REPLACE TABLE earlier AS SELECT 'x' AS c LIMIT 0")
    connection.execute(
        "CREATE OR REPLACE TABLE later AS SELECT repeat(CAST(i AS VARCHAR), 3_000_000) AS c FROM range(9) r(i)"
    )
    found = find_difference(connection, ("earlier", column), ("later", column), key=(), most=9)
    assert (found.added, len(found.examples), found.is_cut) == (9, 6, True)


@pytest.fixture
def ports(tables, tmp_path):
    dataset = tables.dataset("SELECT 'ann' AS owner, i AS id, i * 10 AS n FROM range(5) r(i)", owner="owner")
    kept = DuckDbKeptRows(DuckDbLimits(spill_folder=tmp_path / "spill"))
    return fake_ports(catalog=Catalog((dataset,)), warehouse=tables.warehouse, kept=kept)


def exported(ports, **options):
    request = ExportRequest(dataset="things", format="csv", options={"keep_result": True, **options})
    return ran(ports, request_export(request, ANN, ports=ports).job)


def ran(ports, job):
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


def test_two_results_are_compared_as_they_were_kept(ports, tables, tmp_path):
    earlier, same = exported(ports), exported(ports)
    assert compare(same, earlier, (), ports=ports).is_empty
    tables.run("UPDATE things SET n = NULL WHERE id = 1")
    tables.run("DELETE FROM things WHERE id = 2")
    tables.run("INSERT INTO things VALUES ('ann', 9, 90), ('bob', 8, 80)")
    found = compare(exported(ports), earlier, ("id",), ports=ports)
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    assert (found.rows_before, found.rows_after) == (5, 5)
    assert Total(column="n", before="100", after="160") in found.totals
    assert found.examples[:2] == (
        Example(change=Change.BEFORE, values=("ann", "1", "10")),
        Example(change=Change.AFTER, values=("ann", "1", None)),
    )
    assert list((tmp_path / "spill").iterdir()) == []
    json.dumps(found.table())


def test_what_was_not_kept_or_has_no_such_key_is_refused(ports):
    kept, plain = exported(ports), exported(ports, keep_result=False)
    with pytest.raises(NotKept):
        compare(plain, kept, (), ports=ports)
    with pytest.raises(UnknownColumn):
        compare(kept, kept, ("id", "nothing"), ports=ports)
    report = ran(ports, request_report("metrics_summary", {"dataset": "things"}, "html", ANN, ports=ports).job)
    with pytest.raises(NotKept):
        compare(report, kept, (), ports=ports)
    ports.clock.advance(2 * 86_400)
    with pytest.raises(NotKept):
        compare(kept, kept, (), ports=ports)


def test_a_comparison_can_be_stopped(ports):
    kept = exported(ports)

    def stop():
        raise LostClaim

    with pytest.raises(LostClaim):
        compare(kept, kept, (), ports=ports, tick=stop)
