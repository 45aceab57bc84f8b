"""The table that the benchmarks export, and the S3 servers that they export to."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psutil

from exports_pipeline.adapters.s3_client import make_s3_client
from exports_pipeline.local.ports import free_ports

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

ROOT = Path(__file__).parents[1]
TABLE = """
    CREATE {kind} fct_transactions AS SELECT
        i AS transaction_id,
        CAST(i // 10000 AS INTEGER) AS user_id,
        CAST(hash(i) % 5000 AS INTEGER) AS account_id,
        TIMESTAMP '2020-01-01' + to_seconds(i * 3) AS posted_at,
        DATE '2020-01-01' + CAST(i * 3 // 86400 AS INTEGER) AS posted_on,
        CAST(CAST(hash(i + 1) % 2000000 AS DECIMAL(18, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount,
        ['EUR', 'USD', 'CZK', 'GBP'][CAST(1 + hash(i + 2) % 4 AS BIGINT)] AS currency,
        ['groceries', 'rent', 'salary', 'travel', 'health, sport', 'fun'][CAST(1 + hash(i + 3) % 6 AS BIGINT)] AS tag,
        'Payment to merchant ' || hash(i + 4) % 10000 AS description,
        'Merchant ' || hash(i + 5) % 3000 AS merchant,
        hash(i + 6) % 10 > 1 AS is_card,
        (hash(i + 7) % 1000000) / 1000.0 AS balance
    FROM range({rows}) AS r(i)
"""


def make_table(folder: Path, rows: int, *, kind: str = "TABLE") -> None:
    """Write `warehouse.duckdb` with the table of twelve columns, or with a VIEW that generates it at every look."""
    warehouse = folder / "warehouse.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(TABLE.format(rows=rows, kind=kind))


@contextmanager
def serving(server: str, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """An S3 server with the bucket `exports`: `elsewhere`, which costs next to nothing, or the embedded `nanio`."""
    [port] = free_ports(1)
    objects = str(folder / server)
    elsewhere = ["-m", "benchmarks.s3_elsewhere", str(port), objects]
    nanio = ["-m", "nanio", "serve", "--no-access-log", "--log-level", "warning", "--data-dir", objects]
    command = elsewhere if server == "elsewhere" else [*nanio, "--host", "127.0.0.1", "--port", str(port)]
    keys = {"NANIO_ACCESS_KEY": "benchmark", "NANIO_SECRET_KEY": "benchmark-secret"}
    process = subprocess.Popen([sys.executable, *command], env={**os.environ, **keys}, cwd=ROOT)
    try:
        _wait_for(port)
        if server == "nanio":
            s3_client(port).create_bucket(Bucket="exports")
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def s3_client(port: int) -> "S3Client":
    """A client of a server here."""
    return make_s3_client(
        region="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        access_key="benchmark",
        secret_key="benchmark-secret",
    )


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
