"""The warehouse as use cases ask it."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.catalog import Column, Dataset, TimeColumn
from exports_pipeline.core.errors import QueryFailed, WarehouseBusy, WarehouseUnavailable
from exports_pipeline.core.formats import DATASET_FORMATS, Format, FormatOptions
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline_tests.builders import facts
from exports_pipeline_tests.fakes.objects import InMemoryObjectStore
from exports_pipeline_tests.tables import everything, exported


@pytest.fixture
def sales(tables):
    return tables.dataset(
        """SELECT * FROM (VALUES
        ('ann', 2, ['food', 'toys'], TIMESTAMP '2020-01-01 23:30:00'), ('ann', 10, ['food'], TIMESTAMP '2020-02-01'),
        ('bob', 3, ['wine'], TIMESTAMP '2020-03-01'), ('ann', NULL, NULL, NULL)) AS t(o, a, t, "at")""",
        owner="o",
        account="a",
        tag="t",
        time=TimeColumn(column="at"),
    )


def test_values_that_no_row_of_the_owner_has_are_missing(tables, sales):
    mine = everything(sales, owner_key="ann", start_date=date(2030, 1, 1))
    assert tables.warehouse.missing_values(mine, "a", ["3", "2", "7", "x", "2.0"]) == ["3", "7", "x", "2.0"]
    assert tables.warehouse.missing_values(mine, "t", ["wine", "food"]) == ["wine"]
    assert tables.warehouse.missing_values(everything(sales), "t", ["wine", "food"]) == []


def test_values_are_distinct_and_sorted_by_their_type(tables, sales):
    warehouse = tables.warehouse
    assert warehouse.values(everything(sales), "a", prefix="", limit=9) == ["2", "3", "10"]
    assert warehouse.values(everything(sales, owner_key="ann"), "a", prefix="1", limit=9) == ["10"]
    assert warehouse.values(everything(sales), "t", prefix="", limit=2) == ["food", "toys"]
    assert warehouse.values(everything(sales), "t", prefix="%", limit=2) == []


def test_the_period_of_a_selection_is_told_in_its_zone(tables, sales):
    assert tables.warehouse.time_range(everything(sales)) == ("2020-01-01", "2020-03-01")
    assert tables.warehouse.time_range(everything(sales, timezone="Europe/Prague")) == ("2020-01-02", "2020-03-01")
    assert tables.warehouse.time_range(everything(sales, owner_key="nobody")) is None
    assert tables.warehouse.time_range(everything(replace(sales, time=None))) is None


def test_the_sql_of_a_dataset_may_end_as_people_write_it(tables, sales):
    dataset = replace(sales, relation=None, sql="-- sales\nSELECT * FROM main.things -- all;\n;\n")
    with tables.warehouse.open() as session:
        assert session.count(everything(dataset)) == 4


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "SELECT 1; SELECT 2",
        "SELECT 1) AS a; COPY (SELECT 1",
        "ATTACH ':memory:' AS other",
        "SET threads = 1",
        "INSTALL httpfs",
        "",
        "SELECT no_such_column FROM things",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''/tmp/stolen.csv''')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM local_variable",
    ],
)
def test_the_sql_of_a_dataset_reads_the_warehouse_and_nothing_else(tables, sales, sql):
    local_variable = pa.table({"a": [1]})
    assert local_variable.num_rows == 1
    dataset = replace(sales, relation=None, sql=sql)
    with pytest.raises(QueryFailed), tables.warehouse.open() as session:
        session.count(everything(dataset))


def test_a_session_cannot_loosen_its_own_limits(tables, sales):
    assert sales
    with tables.warehouse._pool.lease() as instance:
        for statement in (
            "SET enable_external_access = true",
            "SET memory_limit = '99GB'",
            "SET allowed_paths = ['/etc/passwd']",
            "RESET lock_configuration",
            "COPY (SELECT 1) TO '/tmp/stolen.csv'",
            "ATTACH '/tmp/other.duckdb'",
            "LOAD httpfs",
            "CREATE TABLE things2 AS SELECT 1",
        ):
            with pytest.raises(duckdb.Error):
                instance.connection.execute(statement)


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SET threads = 1", "", "SELECT nothing", "DROP TABLE things"])
def test_types_are_told_of_one_select_only(tables, sales, sql):
    assert sales
    with pytest.raises(QueryFailed):
        tables.warehouse.query_types(sql)


def test_types_of_a_query_are_those_of_its_columns(tables, sales):
    assert tables.warehouse.query_types("FROM things SELECT o AS who, a") == {"who": "VARCHAR", "a": "INTEGER"}
    assert list(tables.warehouse.relation_types("things")) == [column.name for column in sales.columns]


def test_what_duckdb_says_of_the_data_stays_out_of_the_sentence(tables):
    dataset = tables.dataset("SELECT 'very secret' AS a")
    dataset = replace(dataset, relation=None, sql="SELECT CAST(a AS INTEGER) AS a FROM things")
    with pytest.raises(QueryFailed) as caught:
        exported(tables.warehouse, everything(dataset))
    assert "secret" not in str(caught.value)
    assert "very secret" in str(caught.value.__cause__)


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_a_query_that_fails_halfway_says_so_in_every_format(tables, file_format):
    dataset = tables.dataset("SELECT i AS a FROM range(300000) r(i)")
    sql = "SELECT CASE WHEN a = 250000 THEN error('boom') ELSE a END AS a FROM things"
    with pytest.raises(QueryFailed):
        exported(tables.warehouse, everything(replace(dataset, relation=None, sql=sql)), file_format)
    few = replace(dataset, relation=None, sql="SELECT a FROM things LIMIT 3000")
    assert exported(tables.warehouse, everything(few), file_format)[1] == 3000


def test_rows_are_counted_no_further_than_asked(tables, sales):
    assert tables.warehouse.count_up_to(everything(sales), most=2) == 2
    assert tables.warehouse.count_up_to(everything(sales), most=9) == 4
    assert tables.warehouse.count_up_to(everything(sales, owner_key="bob"), most=9) == 1


def test_a_count_that_takes_long_is_not_waited_for(tables, sales):
    slow = "SELECT o FROM things, range(1000000) a(x), range(1000000) b(y) WHERE hash(x, y) = 0"
    began = time.monotonic()
    assert tables.warehouse.count_up_to(everything(replace(sales, relation=None, sql=slow)), most=9) is None
    assert time.monotonic() - began < 3
    assert tables.warehouse.count_up_to(everything(sales), most=9) == 4


def test_a_query_that_needs_too_much_memory_is_the_requesters_to_narrow(tables):
    dataset = tables.dataset("SELECT i AS a, md5(i::VARCHAR) AS b FROM range(2000000) r(i)")
    sql = "SELECT 1 AS a, string_agg(b, ',') AS b FROM things"
    small = DuckDbWarehouse(tables.path, limits=DuckDbLimits(memory_mb=64))
    with pytest.raises(QueryTooLarge):
        exported(small, everything(replace(dataset, relation=None, sql=sql)))


def test_a_large_sort_spills_to_the_disk(tables):
    dataset = tables.dataset("SELECT i AS a, md5(i::VARCHAR) AS b FROM range(1000000) r(i)")
    small = DuckDbWarehouse(tables.path, limits=DuckDbLimits(memory_mb=100))
    sql = "SELECT a, b FROM things ORDER BY b"
    assert exported(small, everything(replace(dataset, relation=None, sql=sql)))[1] == 1000000


def test_a_missing_or_broken_warehouse_is_unavailable(tmp_path):
    with pytest.raises(WarehouseUnavailable):
        DuckDbWarehouse(tmp_path / "none.duckdb").ping()
    (tmp_path / "broken.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseUnavailable):
        DuckDbWarehouse(tmp_path / "broken.duckdb").ping()


def test_a_warehouse_that_is_being_written_is_busy_and_idle_sessions_do_not_hold_it(tables, sales):
    tables.warehouse.ping()
    assert sales
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input(); c.close()"
    command = [sys.executable, "-c", code, str(tables.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(WarehouseBusy):
            tables.warehouse.ping()
        writer.communicate("\n")
    tables.warehouse.ping()


def test_a_session_keeps_the_version_it_opened_and_the_next_sees_the_new_one(tmp_path):
    def publish(version, rows):
        with duckdb.connect(str(tmp_path / f"v{version}.duckdb")) as connection:
            connection.execute(f"CREATE TABLE things AS SELECT i AS a FROM range({rows}) r(i)")
        (tmp_path / "next").symlink_to(f"v{version}.duckdb")
        (tmp_path / "next").replace(tmp_path / "current.duckdb")

    publish(1, 10)
    warehouse = DuckDbWarehouse(tmp_path / "current.duckdb")
    dataset = Dataset(name="things", relation="things", columns=(Column(name="a", type="BIGINT"),))
    with warehouse.open() as session:
        publish(2, 20)
        (tmp_path / "v1.duckdb").unlink()
        assert session.count(everything(dataset)) == 10
    with warehouse.open() as session:
        assert session.count(everything(dataset)) == 20


def test_a_folder_of_files_is_a_warehouse_of_views(tmp_path):
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "from.parquet.parquet")
    (tmp_path / "sales.csv").write_text("day,amount\n2020-01-01,1\n" + "2020-01-02,2\n" * 30000 + "2020-01-03,2.5\n")
    (tmp_path / "notes.txt").write_text("no table")
    warehouse = DuckDbWarehouse(tmp_path)
    assert warehouse.relation_names() == ['"from.parquet"', "sales"]
    assert warehouse.relation_types('"from.parquet"') == {"a": "BIGINT"}
    types = warehouse.relation_types("sales")
    assert types == {"day": "DATE", "amount": "DOUBLE"}
    columns = tuple(Column(name=name, type=kind) for name, kind in types.items())
    assert exported(warehouse, everything(Dataset(name="sales", relation="sales", columns=columns)))[1] == 30002
    pq.write_table(pa.table({"b": ["x"]}), tmp_path / "from.parquet.parquet")
    assert warehouse.relation_types('"from.parquet"') == {"b": "VARCHAR"}
    (tmp_path / "SALES.parquet").write_bytes((tmp_path / "from.parquet.parquet").read_bytes())
    with pytest.raises(WarehouseUnavailable, match="one name"):
        warehouse.ping()


def test_sessions_at_the_same_time_do_not_disturb_each_other(tables):
    dataset = tables.dataset("SELECT i AS a FROM range(1000) r(i)")
    with tables.warehouse.open() as first, tables.warehouse.open() as second:
        assert first.count(everything(dataset)) == second.count(everything(dataset)) == 1000


def test_a_child_process_makes_its_own_instances(tables, sales):
    tables.warehouse.ping()
    child = os.fork()
    if child == 0:
        with tables.warehouse.open() as session:
            os._exit(0 if session.count(everything(sales)) == 4 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_file_that_had_no_room_for_a_cell_remarks_it_and_the_next_one_does_not(tables):
    selection = everything(tables.dataset("SELECT repeat('x', 32768) AS a"))
    with tables.warehouse.open() as session:
        for file_format, remarks in ((Format.XLSX, ("1 cells are shortened to 32,767 characters",)), (Format.PDF, ())):
            upload = InMemoryObjectStore().upload("key", content_type="", download_name="")
            session.write(
                selection,
                upload,
                file_format=file_format,
                options=FormatOptions(),
                about=facts(selection, rows=1),
                tick=lambda _share: None,
            )
            assert session.remarks == remarks
