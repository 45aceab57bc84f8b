"""Claim: an export into S3 takes hardly longer than DuckDB's own COPY to the local disk, in bounded memory.

`python -m benchmarks.rows [--rows 10000000] [--rounds 3] [--s3 elsewhere nanio]` copies a table of twelve columns to
the disk with DuckDB alone, and exports it with count, sha256, progress, formula guard and upload; each in a process of
its own and by turns, and the medians are compared. `elsewhere` is a server that costs this machine next to nothing, as
an S3 on other machines does; `nanio` is the embedded one, which takes its part of the same processors.
"""

import argparse
import hashlib
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.contestant import Figures, compete
from benchmarks.exported_table import make_table, serving
from exports_pipeline.core.formats import Format

FORMATS = (Format.CSV, Format.PARQUET, Format.JSONL)
GOAL_RATIO, GOAL_RSS_MB = 0.85, 650


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="rows-", dir=arguments.folder) as name:
        folder = Path(name)
        make_table(folder, arguments.rows)
        print(f"{arguments.rows:,} rows x 12 columns, median of {arguments.rounds}; sha256 here: {_hash_speed()} MB/s")
        print(
            f"{'format':9}{'S3':11}{'COPY s':>8}{'export s':>10}{'ratio':>7}{'rows/s':>12}{'MB':>7}"
            f"{'RSS MB':>8}{'CPU s: COPY':>13}{'worker':>8}{'S3':>6}"
        )
        for server in arguments.s3:
            with serving(server, folder) as (port, process):
                for file_format in map(Format, arguments.formats):
                    _compare(folder, file_format, arguments, server, port, process)


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
        plain.append(compete("copy", folder, file_format))
        exported.append(compete("ours", folder, file_format, port=port))
    server_s = (sum(process.cpu_times()[:2]) - before_s) / arguments.rounds

    def median(runs: list[Figures], name: str) -> float:
        return statistics.median(getattr(run, name) for run in runs)

    copy_s, export_s, rss_mb = median(plain, "seconds"), median(exported, "seconds"), median(exported, "rss_mb")
    missed = server == "elsewhere" and (copy_s / export_s < GOAL_RATIO or rss_mb > GOAL_RSS_MB)
    print(
        f"{file_format:9}{server:11}{copy_s:8.2f}{export_s:10.2f}{copy_s / export_s:7.2f}"
        f"{arguments.rows / export_s:12,.0f}{exported[0].bytes / 1e6:7.0f}{rss_mb:8.0f}"
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", nargs="+", default=[str(one) for one in FORMATS])
    parser.add_argument("--s3", nargs="+", default=["elsewhere", "nanio"], choices=("elsewhere", "nanio"))
    parser.add_argument("--folder", default=None, help="where the files go; unset: the system's temporary folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
