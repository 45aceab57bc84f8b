"""Claim: an export into S3 is faster than the usual libraries are to the local disk, and needs no more memory.

`python -m benchmarks.rows_peers [--rows 10000000] [--rounds 3]` exports a table of twelve columns: ours with count,
sha256, formula guard and upload to an S3 server that costs next to nothing, the others with none of these to a file.
polars starts from a Parquet copy of the table, which is not counted; pandas and csv.writer read DuckDB in chunks, and
write CSV only, as neither appends to a Parquet file. Each in a process of its own, by turns; medians.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import duckdb

from benchmarks.contestant import compete
from benchmarks.exported_table import make_table, serving
from benchmarks.ways.peers import SOURCE
from exports_pipeline.core.formats import Format

PEERS = {
    Format.CSV: ("ours", "copy", "polars", "pandas chunks", "csv.writer"),
    Format.PARQUET: ("ours", "copy", "polars"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=None, help="where the files go; unset: the system's temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rows-", dir=arguments.folder) as name:
        folder = Path(name)
        make_table(folder, arguments.rows)
        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
            connection.execute(f"COPY fct_transactions TO '{folder / SOURCE}' (FORMAT parquet, COMPRESSION zstd)")
        print(f"{arguments.rows:,} rows x 12 columns, median of {arguments.rounds}")
        print(f"{'format':9}{'way':15}{'seconds':>9}{'rows/s':>12}{'RSS MB':>8}{'MB':>7}{'of ours':>9}")
        with serving("elsewhere", folder) as (port, _):
            for file_format, ways in PEERS.items():
                _compare(folder, file_format, ways, port, arguments)


def _compare(
    folder: Path, file_format: Format, ways: tuple[str, ...], port: int, arguments: argparse.Namespace
) -> None:
    rounds = [{way: compete(way, folder, file_format, port=port) for way in ways} for _ in range(arguments.rounds)]
    ours_s = statistics.median(each["ours"].seconds for each in rounds)
    for way in ways:
        seconds = statistics.median(each[way].seconds for each in rounds)
        rss_mb = statistics.median(each[way].rss_mb for each in rounds)
        print(
            f"{file_format:9}{way:15}{seconds:9.2f}{arguments.rows / seconds:12,.0f}{rss_mb:8.0f}"
            f"{rounds[0][way].bytes / 1e6:7.0f}{ours_s / seconds:9.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
