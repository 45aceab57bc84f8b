"""Claim: an export into S3 takes hardly longer than DuckDB's own COPY to the local disk, in bounded memory.

`python benchmarks/rows.py [--rows 10000000] [--rounds 3] [--s3 elsewhere nanio]` copies a table of twelve columns to
the disk with DuckDB alone, and exports it with count, sha256, progress, formula guard and upload; each in a process of
its own and by turns, and the medians are compared. `elsewhere` is a server that costs this machine next to nothing, as
an S3 on other machines does; `nanio` is the embedded one, which takes its part of the same processors.
"""

import argparse
import hashlib
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import duckdb
import psutil

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.object_store import S3ObjectStore
from exports_pipeline.adapters.s3_client import make_s3_client
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.about import about
from exports_pipeline.core.catalog import Column, Dataset, user_id
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.requester import Requester

ANYBODY = Requester(user_id=user_id("benchmark"), owner_key="benchmark")
FORMATS = (Format.CSV, Format.PARQUET, Format.JSONL)
PLAIN_COPY = {
    Format.CSV: "FORMAT csv, HEADER, NEW_LINE '\\r\\n'",
    Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
    Format.JSONL: "FORMAT json",
}
MEMORY_MB, THREADS = 512, 2
GOAL_RATIO, GOAL_RSS_MB = 0.85, 650
TABLE = """
    CREATE TABLE fct_transactions AS SELECT
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


def main() -> None:
    arguments = _arguments()
    if arguments.role:
        json.dump(_measured(arguments), sys.stdout)
        return
    with tempfile.TemporaryDirectory(prefix="rows-", dir=arguments.folder) as name:
        folder = Path(name)
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            connection.execute(TABLE.format(rows=arguments.rows))
        print(f"{arguments.rows:,} rows x 12 columns, median of {arguments.rounds}; sha256 here: {_hash_speed()} MB/s")
        print(
            f"{'format':9}{'S3':11}{'COPY s':>8}{'export s':>10}{'ratio':>7}{'rows/s':>12}{'MB':>7}"
            f"{'RSS MB':>8}{'CPU s: COPY':>13}{'worker':>8}{'S3':>6}"
        )
        for server in arguments.s3:
            with _serving(server, folder) as (port, process):
                for file_format in map(Format, arguments.formats):
                    _compare(folder, file_format, arguments, server, port, process)


@contextmanager
def _serving(server: str, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    objects = str(folder / server)
    elsewhere = [str(Path(__file__).with_name("s3_elsewhere.py")), str(port), objects]
    nanio = ["-m", "nanio", "serve", "--no-access-log", "--log-level", "warning", "--data-dir", objects]
    command = elsewhere if server == "elsewhere" else [*nanio, "--host", "127.0.0.1", "--port", str(port)]
    keys = {"NANIO_ACCESS_KEY": "benchmark", "NANIO_SECRET_KEY": "benchmark-secret"}
    process = subprocess.Popen([sys.executable, *command], env={**os.environ, **keys})
    try:
        _wait_for(port)
        if server == "nanio":
            _client(port).create_bucket(Bucket="exports")
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _compare(
    folder: Path,
    file_format: Format,
    arguments: argparse.Namespace,
    server: str,
    port: int,
    process: psutil.Process,
) -> None:
    plain, exported = [], []
    before_s = sum(process.cpu_times()[:2])
    for _ in range(arguments.rounds):
        plain.append(_in_a_process(folder, file_format, port, "copy"))
        exported.append(_in_a_process(folder, file_format, port, "export"))
    server_s = (sum(process.cpu_times()[:2]) - before_s) / arguments.rounds

    def median(runs: list[dict[str, float]], name: str) -> float:
        return statistics.median(run[name] for run in runs)

    copy_s, export_s, rss_mb = median(plain, "seconds"), median(exported, "seconds"), median(exported, "rss_mb")
    missed = server == "elsewhere" and (copy_s / export_s < GOAL_RATIO or rss_mb > GOAL_RSS_MB)
    print(
        f"{file_format:9}{server:11}{copy_s:8.2f}{export_s:10.2f}{copy_s / export_s:7.2f}"
        f"{arguments.rows / export_s:12,.0f}{exported[0]['bytes'] / 1e6:7.0f}{rss_mb:8.0f}"
        f"{median(plain, 'cpu_s'):13.1f}{median(exported, 'cpu_s'):8.1f}{server_s:6.1f}"
        f"{'  goal missed' if missed else ''}",
        flush=True,
    )


def _hash_speed() -> int:
    """What bounds a worker without the processor's SHA instructions."""
    data = bytes(1 << 24)
    began = time.perf_counter()
    for _ in range(4):
        hashlib.sha256(data)
    return int(4 * len(data) / 1e6 / (time.perf_counter() - began))


def _in_a_process(folder: Path, file_format: Format, port: int, role: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--role", role, "--formats", file_format, "--folder", str(folder)]
    answer = subprocess.run([*command, "--port", str(port)], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def _measured(arguments: argparse.Namespace) -> dict[str, float]:
    folder, file_format = Path(arguments.folder), Format(arguments.formats[0])
    work = _copy if arguments.role == "copy" else _export
    seconds, cpu_s, size_bytes = work(folder, file_format, arguments.port)
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "bytes": size_bytes, "rss_mb": rss_mb, "cpu_s": cpu_s}


def _copy(folder: Path, file_format: Format, _port: int) -> tuple[float, float, int]:
    """DuckDB alone, with the same limits and the same freedom of order."""
    target = folder / f"plain.{file_format}"
    connection = duckdb.connect(config={"threads": THREADS, "memory_limit": f"{MEMORY_MB}MB"})
    connection.execute(f"ATTACH '{folder / 'warehouse.duckdb'}' AS w (READ_ONLY)")
    connection.execute("SET preserve_insertion_order = false")
    began, began_cpu = time.perf_counter(), time.process_time()
    connection.execute(f"COPY w.fct_transactions TO '{target}' ({PLAIN_COPY[file_format]})")
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    size_bytes = target.stat().st_size
    target.unlink()
    return seconds, cpu_s, size_bytes


def _export(folder: Path, file_format: Format, port: int) -> tuple[float, float, int]:
    """What a worker does: count, write, commit."""
    warehouse = DuckDbWarehouse(folder / "warehouse.duckdb", limits=DuckDbLimits(memory_mb=MEMORY_MB, threads=THREADS))
    types = warehouse.relation_types("fct_transactions") or {}
    columns = tuple(Column(name=name, type=kind) for name, kind in types.items())
    dataset = Dataset(name="fct_transactions", relation="fct_transactions", columns=columns)
    selection = Selection(dataset=dataset, columns=columns, owner_key=None)
    store = S3ObjectStore(_client(port), "exports")
    key = f"exports/benchmark.{file_format}"
    began, began_cpu = time.perf_counter(), time.process_time()
    with warehouse.open() as session:
        upload = store.upload(key, content_type="application/octet-stream", download_name="benchmark")
        options = FormatOptions()
        facts = about(selection, ANYBODY, job_id=uuid4(), rows=session.count(selection), now=datetime.now(UTC))
        session.write(
            selection, upload, file_format=file_format, options=options, about=facts, tick=lambda _share: None
        )
        upload.commit()
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    store.delete(key)
    return seconds, cpu_s, upload.size_bytes


def _client(port: int):  # noqa: ANN202 - a boto3 client
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", nargs="+", default=[str(one) for one in FORMATS])
    parser.add_argument("--s3", nargs="+", default=["elsewhere", "nanio"], choices=("elsewhere", "nanio"))
    parser.add_argument("--folder", default=None, help="where the files go; unset: the system's temporary folder")
    parser.add_argument("--role", choices=("copy", "export"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
