"""The SQL of a dataset reads the warehouse: no other file, no network, no secret, no setting."""

import socket
from dataclasses import replace
from threading import Thread

import duckdb
import pytest

from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.errors import ExportError
from exports_pipeline_tests.tables import everything, exported

READS = [
    *(
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/self/cmdline",
        "file:///etc/passwd",
        "/dev/stdin",
        "/etc/../etc/passwd",
    ),
    *("~/.aws/credentials", "exports://upload", "exports://other"),
]
READERS = ["read_csv", "read_csv_auto", "read_text", "read_blob", "read_json", "read_json_objects", "read_ndjson"]
QUERIES = [
    "SELECT getenv('PATH') AS a",
    "SELECT * FROM glob('/proc/self/*')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT * FROM parquet_schema('/etc/passwd')",
    "SELECT * FROM parquet_scan(['/etc/passwd'])",
    "SELECT * FROM sqlite_scan('/tmp/a.db', 'a')",
    "SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 'users')",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM query_table('/etc/passwd')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''/etc/passwd'')'))",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM force_checkpoint()",
    "SELECT * FROM duckdb_secrets()",
    "FROM (ATTACH '/tmp/x' AS x)",
    "WITH a AS (COPY (SELECT 1) TO '/tmp/stolen.csv') SELECT * FROM a",
    "WITH a AS (INSERT INTO things VALUES (1) RETURNING *) SELECT * FROM a",
]
STATEMENTS = [
    "COPY (SELECT 1) TO '/tmp/stolen.parquet'",
    "COPY (SELECT 1) TO 's3://somebody/stolen.csv'",
    "COPY (SELECT 1) TO 'exports://upload/../stolen.csv'",
    "COPY things FROM '/etc/passwd'",
    "EXPORT DATABASE '/tmp/stolen'",
    "IMPORT DATABASE '/tmp/stolen'",
    "ATTACH '/etc/passwd' AS x (TYPE sqlite)",
    "ATTACH 'https://example.com/x.duckdb' AS x",
    "INSTALL httpfs",
    "FORCE INSTALL httpfs FROM 'http://127.0.0.1:9'",
    "LOAD httpfs",
    "LOAD '/tmp/evil.duckdb_extension'",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'b')",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SET allow_unsigned_extensions = true",
    "SET extension_directory = '/tmp'",
    "SET custom_extension_repository = 'http://127.0.0.1:9'",
    "SET secret_directory = '/tmp'",
    "SET temp_directory = '/tmp'",
    "SET log_query_path = '/tmp/log'",
    "SET profiling_output = '/tmp/profile'",
    "SET python_enable_replacements = true",
    "SET home_directory = '/'",
    "SET http_proxy = '127.0.0.1:9'",
    "RESET enable_external_access",
    "PRAGMA enable_profiling",
    "PRAGMA enable_external_access = true",
    "PRAGMA memory_limit = '99GB'",
    "UPDATE things SET a = 2",
    "DROP TABLE things",
]


@pytest.fixture
def things(tables):
    return tables.dataset("SELECT 1 AS a", name="things")


def refused(tables, dataset, sql):
    with pytest.raises(ExportError):
        exported(tables.warehouse, everything(replace(dataset, relation=None, sql=sql)))


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_opens_another_file(tables, things, reader):
    for path in READS:
        refused(tables, things, f"SELECT * FROM {reader}('{path}')")


@pytest.mark.parametrize("sql", QUERIES)
def test_no_query_gets_out(tables, things, sql):
    refused(tables, things, sql)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_no_statement_gets_out_even_past_the_check_for_a_select(tables, things, sql):
    refused(tables, things, sql)
    with tables.warehouse._pool.lease() as instance, pytest.raises(duckdb.Error):
        instance.connection.execute(sql)


def test_a_file_beside_the_warehouse_is_as_closed_as_any_other(tables, things):
    neighbour = tables.path.with_name("neighbour.csv")
    neighbour.write_text("a\n1\n")
    for path in (
        neighbour,
        tables.path.parent / "*",
        f"{tables.path}/../neighbour.csv",
        f"{tables.path}.wal/../neighbour.csv",
    ):
        refused(tables, things, f"SELECT * FROM read_csv('{path}')")


def test_a_folder_opens_its_own_files_alone(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "open.csv").write_text("a\n1\n")
    (folder / "notes.txt").write_text("b\nsecret\n")
    (folder / "it's; DROP TABLE x --.csv").write_text("a\n2\n")
    warehouse = DuckDbWarehouse(folder)
    assert warehouse.relation_names() == ["it's; DROP TABLE x --", "open"]
    assert warehouse.query_types("SELECT a FROM open") == {"a": "BIGINT"}
    for path in (folder / "notes.txt", folder / "*", folder / "open.csv/../notes.txt"):
        with pytest.raises(ExportError):
            warehouse.query_types(f"SELECT * FROM read_csv('{path}')")


def test_no_server_is_called(tables, things):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(2)
        heard = []

        def listen():
            try:
                heard.append(server.accept()[1])
            except TimeoutError:
                return

        thread = Thread(target=listen)
        thread.start()
        for scheme in ("http", "https", "s3", "ftp", "hf"):
            address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/x.csv"
            refused(tables, things, f"SELECT * FROM read_csv('{address}')")
            refused(tables, things, f"SELECT * FROM '{address}'")
        thread.join()
    assert heard == []


def test_nothing_secret_is_known_to_the_database(tables, things, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-environment")
    told = b""
    for sql in (
        "SELECT name, CAST(value AS VARCHAR) AS v FROM duckdb_settings()",
        "SELECT database_name, path FROM duckdb_databases()",
    ):
        columns = tables.warehouse.query_types(sql)
        dataset = replace(
            things,
            relation=None,
            sql=sql,
            columns=tuple(replace(things.columns[0], name=n, type=t) for n, t in columns.items()),
        )
        told += exported(tables.warehouse, everything(dataset))[0]
    assert b"lock_configuration,true" in told
    assert b"canary" not in told
    assert b"a key of tests" not in told
