"""Claim: streaming into S3 while the rows are written is faster than writing a file and uploading it.

`python -m benchmarks.upload [--rows 10000000] [--rounds 3] [--s3 elsewhere]` exports a table of twelve columns, by
turns with this service, which also counts, hashes and guards against formulas, and with DuckDB's COPY to a temporary
file and boto3's `upload_file` after it, which does none of these and needs the disk; to the same S3 server.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.contestant import compete
from benchmarks.exported_table import make_table, serving
from exports_pipeline.core.formats import Format

WAYS = ("ours", "file, then upload")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--s3", nargs="+", default=["elsewhere"], choices=("elsewhere", "nanio"))
    parser.add_argument("--folder", default=None, help="where the files go; unset: the system's temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="upload-", dir=arguments.folder) as name:
        folder = Path(name)
        make_table(folder, arguments.rows)
        print(f"{arguments.rows:,} rows x 12 columns, median of {arguments.rounds}")
        print(f"{'format':9}{'S3':11}{'way':19}{'seconds':>9}{'rows/s':>12}{'RSS MB':>8}{'disk MB':>9}{'of ours':>9}")
        for server in arguments.s3:
            with serving(server, folder) as (port, _):
                for file_format in (Format.CSV, Format.PARQUET, Format.JSONL):
                    _compare(folder, file_format, server, port, arguments)


def _compare(folder: Path, file_format: Format, server: str, port: int, arguments: argparse.Namespace) -> None:
    rounds = [{way: compete(way, folder, file_format, port=port) for way in WAYS} for _ in range(arguments.rounds)]
    ours_s = statistics.median(each["ours"].seconds for each in rounds)
    for way in WAYS:
        seconds = statistics.median(each[way].seconds for each in rounds)
        rss_mb = statistics.median(each[way].rss_mb for each in rounds)
        disk_mb = 0.0 if way == "ours" else rounds[0][way].bytes / 1e6
        print(
            f"{file_format:9}{server:11}{way:19}{seconds:9.2f}{arguments.rows / seconds:12,.0f}{rss_mb:8.0f}"
            f"{disk_mb:9.0f}{ours_s / seconds:9.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
