"""Ways of other libraries at their best, to a file on the local disk: no upload, no hash, no formula guard."""

import csv
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

from exports_pipeline.core.formats import Format

CHUNK_ROWS = 100_000
SOURCE = "source.parquet"
"""A copy of the table for polars, which reads no DuckDB file."""


def polars_sink(folder: Path, file_format: Format, _port: int) -> int:
    """The streaming engine of polars, from a Parquet copy of the table."""
    target = folder / f"polars.{file_format}"
    frame = pl.scan_parquet(folder / SOURCE)
    if file_format is Format.CSV:
        frame.sink_csv(target, line_terminator="\r\n")
    else:
        frame.sink_parquet(target, compression="zstd")
    return _forget(target)


def pandas_chunks(folder: Path, _format: Format, _port: int) -> int:
    """A DataFrame for each chunk, appended to a CSV file."""
    target = folder / "pandas.csv"
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection, target.open("w") as file:
        is_first = True
        for batch in connection.sql("FROM fct_transactions").to_arrow_reader(CHUNK_ROWS):
            frame: pd.DataFrame = batch.to_pandas()
            frame.to_csv(file, header=is_first, index=False, lineterminator="\r\n")
            is_first = False
    return _forget(target)


def csv_writer(folder: Path, _format: Format, _port: int) -> int:
    """The standard library's writer over rows fetched in chunks."""
    target = folder / "writer.csv"
    with (
        duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection,
        target.open("w", newline="", encoding="utf-8") as file,
    ):
        rows = connection.execute("FROM fct_transactions")
        writer = csv.writer(file)
        writer.writerow([column[0] for column in rows.description or ()])
        while chunk := rows.fetchmany(CHUNK_ROWS):
            writer.writerows(chunk)
    return _forget(target)


def _forget(target: Path) -> int:
    size_bytes = target.stat().st_size
    target.unlink()
    return size_bytes
