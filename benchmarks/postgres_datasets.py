"""What it costs to export rows of Postgres, and which way of reading them out is taken.

`python -m benchmarks.postgres_datasets [--rows 1000000] [--rounds 3]` starts a Postgres of its own, fills a table of
twelve columns (bigint, text, numeric(38,9), double, boolean, timestamptz, date, array, jsonb, uuid), and copies it to
Parquet by turns, each way in a process of its own: our COPY as CSV, ADBC, and rows of psycopg. `export` is a whole
export to CSV, with count, sha256 and control totals. ADBC leaves numeric as text, all others make decimals of it.
"""

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import adbc_driver_postgresql.dbapi
import psycopg
import pyarrow as pa
from pyarrow import parquet

from benchmarks.exported_table import ROOT
from exports_pipeline.adapters.postgres_copy import RowsCopy
from exports_pipeline.adapters.postgres_selection import PostgresParameters, named, rows
from exports_pipeline.adapters.postgres_types import arrow_type, sent
from exports_pipeline.adapters.postgres_warehouse import PostgresWarehouse
from exports_pipeline.core.about import about
from exports_pipeline.core.catalog import Column, Dataset, DataSource
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.requester import Requester
from exports_pipeline.local.ports import free_ports
from exports_pipeline.local.postgres import database_url, postgres_part

TYPES = {
    "id": "BIGINT",
    "tenant": "VARCHAR",
    "kind": "VARCHAR",
    "amount": "DECIMAL(38,9)",
    "ratio": "DOUBLE",
    "is_new": "BOOLEAN",
    "at": "TIMESTAMP WITH TIME ZONE",
    "day": "DATE",
    "label": "VARCHAR",
    "tags": "VARCHAR[]",
    "details": "JSON",
    "key": "UUID",
}
_TABLE = """
    CREATE TABLE wide AS SELECT
        i::bigint AS id, 'tenant-' || i % 10 AS tenant, 'kind-' || i % 7 AS kind,
        (i * 1.000000001)::numeric(38, 9) AS amount, i / 3.0::float8 AS ratio, i % 2 = 0 AS is_new,
        timestamptz '2026-01-01 00:00+00' + i * interval '1 second' AS at,
        date '2026-01-01' + i / 86400 AS day, 'a label, ' || i AS label, ARRAY['x', 'y' || i % 3] AS tags,
        jsonb_build_object('a', i, 'b', 'text') AS details, gen_random_uuid() AS key
    FROM generate_series(1, {rows}) AS i
"""
_DATASET = Dataset(
    name="wide",
    relation="wide",
    source=DataSource.POSTGRES,
    columns=tuple(Column(name=name, type=kind) for name, kind in TYPES.items()),
)
_SELECTION = Selection(dataset=_DATASET, columns=_DATASET.columns, owner_key=None)
_BATCH_ROWS = 20_000


class HashedNowhere:
    """An upload that counts and hashes what it is given, and keeps nothing."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._digest = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> int:
        """Take bytes."""
        self._digest.update(data)
        self.size_bytes += len(data)
        return len(data)

    def commit(self, *, tick: Callable[[], None] = lambda: None) -> str:
        """Say what was taken."""
        tick()
        return self._digest.hexdigest()

    def abort(self) -> None:
        """There is nothing to throw away."""


def by_copy(url: str, path: Path) -> int:
    """Our way: COPY as CSV, read by Arrow."""
    with PostgresWarehouse(url).read() as snapshot:
        return RowsCopy(snapshot, _SELECTION, most_bytes=1 << 40).write(path)


def by_adbc(url: str, path: Path) -> int:
    """ADBC, which reads the binary COPY."""
    with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(4 << 20)})
        cursor.execute(_statement())
        reader = cursor.fetch_record_batch()
        return _written(reader, reader.schema, path)


def by_rows(url: str, path: Path) -> int:
    """Rows of a server-side cursor, made columns in Python."""
    schema = pa.schema([(name, arrow_type(kind)) for name, kind in TYPES.items()])

    def batches() -> Iterator[pa.RecordBatch]:
        while found := cursor.fetchmany(_BATCH_ROWS):
            columns = zip(*found, strict=True)
            arrays = [pa.array(values, each) for values, each in zip(columns, schema.types, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    with psycopg.connect(url, options="-c timezone=UTC") as connection, connection.cursor("wide") as cursor:
        cursor.itersize = _BATCH_ROWS
        cursor.execute(_statement())
        return _written(batches(), schema, path)


def export(url: str, _path: Path) -> int:
    """A whole export to CSV."""
    upload, somebody = HashedNowhere(), Requester(user_id=UUID(int=0), owner_key="somebody")
    with PostgresWarehouse(url).open() as session:
        counted = session.count(_SELECTION)
        facts = about(_SELECTION, somebody, job_id=UUID(int=0), rows=counted, now=datetime.now(UTC))
        written = session.write(
            _SELECTION, upload, file_format=Format.CSV, options=FormatOptions(), about=facts, tick=lambda _share: None
        )
        session.totals(_SELECTION)
    upload.commit()
    return written


WAYS = {"copy as csv": by_copy, "adbc": by_adbc, "rows": by_rows, "export": export}


def _statement() -> str:
    """What ADBC and psycopg know as Arrow does they send as it is, the rest as our own way does."""
    cells = ", ".join(
        f"{sent(named(name), kind) if kind in {'JSON', 'UUID', 'VARCHAR[]'} else named(name)} AS {named(name)}"
        for name, kind in TYPES.items()
    )
    return f"SELECT {cells} {rows(_SELECTION, PostgresParameters())}"


def _written(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    count = 0
    with parquet.ParquetWriter(path, schema, compression="lz4") as file:
        for batch in batches:
            file.write_batch(batch)
            count += batch.num_rows
    return count


def _alone(way: str, url: str) -> dict[str, float]:
    """The figures of a way in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.postgres_datasets", "--way", way, "--url", url]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(said.stdout)
    return figures


def _compete(way: str, url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="postgres-datasets-") as folder:
        began = time.perf_counter()
        count = WAYS[way](url, Path(folder) / "wide.parquet")
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": count, "seconds": seconds, "mb": peak}))


@contextmanager
def _server(home: Path) -> Iterator[str]:
    [port] = free_ports(1)
    part = postgres_part(home, port)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(part.command, env={**os.environ, **part.env}, stdout=log, stderr=log)
    try:
        url = database_url(home, port)
        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(url, connect_timeout=1).close()
                break
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        _compete(arguments.way, arguments.url)
        return
    with tempfile.TemporaryDirectory(prefix="postgres-datasets-") as name, _server(Path(name)) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_TABLE.format(rows=arguments.rows))
            connection.execute("VACUUM ANALYZE wide")
        rounds = [{way: _alone(way, url) for way in WAYS} for _ in range(arguments.rounds)]
    for way in WAYS:
        seconds, peak = (statistics.median(each[way][figure] for each in rounds) for figure in ("seconds", "mb"))
        print(f"{way}: {seconds:.2f} s, {arguments.rows / seconds / 1000:,.0f} k rows/s, {peak:.0f} MB at most")


if __name__ == "__main__":
    main()
