"""Claim: where the exports that people use today stop for want of memory, this one needs what it always needs.

`python -m benchmarks.in_memory [--millions 1 5 10] [--limit-mb 4096] [--excel]` exports a table of twelve columns to
CSV with this service, and in the shape of two dashboards, which is reproduced here after their public sources: Apache
Superset's CSV export (query -> DataFrame -> `csv.df_to_escaped_csv` -> bytes) and Redash's (rows in one JSON document
-> `serialize_query_result_to_dsv` -> one string). Only the shape: no web server, no database but DuckDB, no time for
sending. All have the same limit: a parent looks at the RSS every 50 ms and kills whoever is above, as a container
would; the table then says after how many seconds. `--excel` adds DataFrame.to_excel into memory, which is slow, and
impossible above 1,048,575 rows.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.contestant import Figures, compete
from benchmarks.exported_table import make_table, serving

WAYS = ("ours", "Superset's shape", "Redash's shape")
SHEET_ROWS = 1_048_575


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 5, 10])
    parser.add_argument("--limit-mb", type=float, default=4096)
    parser.add_argument("--excel", action="store_true")
    parser.add_argument("--folder", default=None, help="where the files go; unset: the system's temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="memory-", dir=arguments.folder) as name:
        folder = Path(name)
        print(f"12 columns to CSV, at most {arguments.limit_mb:,.0f} MB of RSS")
        print(f"{'rows':>12}  {'way':18}{'seconds':>9}{'RSS MB':>8}{'MB':>7}  outcome")
        with serving("elsewhere", folder) as (port, _):
            for rows in (int(1_000_000 * each) for each in arguments.millions):
                make_table(folder, rows)
                ways = (*WAYS, *(["to_excel"] if arguments.excel and rows <= SHEET_ROWS else []))
                for way in ways:
                    _print(rows, way, compete(way, folder, "csv", port=port, limit_mb=arguments.limit_mb))


def _print(rows: int, way: str, figures: Figures) -> None:
    outcome = "done" if figures.stopped_at_s is None else f"stopped after {figures.stopped_at_s:.0f} s, no file"
    print(
        f"{rows:12,}  {way:18}{figures.seconds:9.1f}{figures.rss_mb:8.0f}{figures.bytes / 1e6:7.0f}  {outcome}",
        flush=True,
    )


if __name__ == "__main__":
    main()
