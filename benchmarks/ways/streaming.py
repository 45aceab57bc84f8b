"""Ways that never hold the table: this service's, DuckDB's own COPY, and COPY to a file that is uploaded afterwards."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import duckdb

from benchmarks.exported_table import s3_client
from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.object_store import S3ObjectStore
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.about import about
from exports_pipeline.core.catalog import Column, Dataset, user_id
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.kept_result import kept_key
from exports_pipeline.core.requester import Requester

ANYBODY = Requester(user_id=user_id("benchmark"), owner_key="benchmark")
PLAIN_COPY = {
    Format.CSV: "FORMAT csv, HEADER, NEW_LINE '\\r\\n'",
    Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
    Format.JSONL: "FORMAT json",
}
MEMORY_MB, THREADS = 512, 2


def ours(folder: Path, file_format: Format, port: int) -> int:
    """What a worker does: count, write with sha256 and formula guard into the upload, control totals, commit."""
    return _export(folder, file_format, port, totals=True)


def without_totals(folder: Path, file_format: Format, port: int) -> int:
    """The same with `control_totals` switched off."""
    return _export(folder, file_format, port, totals=False)


def kept(folder: Path, file_format: Format, port: int) -> int:
    """The same as ours, and the result kept beside it."""
    return _export(folder, file_format, port, totals=True, keeps=True)


def _export(folder: Path, file_format: Format, port: int, *, totals: bool, keeps: bool = False) -> int:
    warehouse = DuckDbWarehouse(folder / "warehouse.duckdb", limits=DuckDbLimits(memory_mb=MEMORY_MB, threads=THREADS))
    types = warehouse.relation_types("fct_transactions") or {}
    columns = tuple(Column(name=name, type=kind) for name, kind in types.items())
    dataset = Dataset(name="fct_transactions", relation="fct_transactions", columns=columns)
    selection = Selection(dataset=dataset, columns=columns, owner_key=None)
    store = S3ObjectStore(s3_client(port), "exports")
    key = f"exports/benchmark.{file_format}"
    with warehouse.open() as session:
        upload = store.upload(key, content_type="application/octet-stream", download_name="benchmark")
        options = FormatOptions()
        facts = about(selection, ANYBODY, job_id=uuid4(), rows=session.count(selection), now=datetime.now(UTC))
        session.write(
            selection, upload, file_format=file_format, options=options, about=facts, tick=lambda _share: None
        )
        if totals:
            session.totals(selection)
        if keeps:
            beside = store.upload(kept_key(key, is_report=False), content_type="", download_name="benchmark")
            session.keep(selection, beside, tick=lambda _share: None)
            beside.commit()
            store.delete(kept_key(key, is_report=False))
        upload.commit()
    store.delete(key)
    return upload.size_bytes


def copy(folder: Path, file_format: Format, _port: int) -> int:
    """DuckDB alone, with the same limits and the same freedom of order."""
    target = folder / f"plain.{file_format}"
    _copy_to(target, folder, file_format)
    size_bytes = target.stat().st_size
    target.unlink()
    return size_bytes


def file_then_upload(folder: Path, file_format: Format, port: int) -> int:
    """DuckDB writes a file, boto3's transfer manager uploads it, with its own defaults."""
    target = folder / f"temporary.{file_format}"
    _copy_to(target, folder, file_format)
    size_bytes = target.stat().st_size
    client = s3_client(port)
    client.upload_file(str(target), "exports", target.name)
    target.unlink()
    client.delete_object(Bucket="exports", Key=target.name)
    return size_bytes


def _copy_to(target: Path, folder: Path, file_format: Format) -> None:
    with duckdb.connect(config={"threads": THREADS, "memory_limit": f"{MEMORY_MB}MB"}) as connection:
        connection.execute(f"ATTACH '{folder / 'warehouse.duckdb'}' AS w (READ_ONLY)")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"COPY w.fct_transactions TO '{target}' ({PLAIN_COPY[file_format]})")
