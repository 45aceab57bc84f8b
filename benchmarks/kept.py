"""What it costs to keep the result of a large export beside its file.

`python -m benchmarks.kept [--rows 10000000] [--rounds 3]` exports a table of twelve columns as CSV with and without,
by turns, each in a process of its own.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.contestant import compete
from benchmarks.exported_table import make_table, serving

WAYS = ("ours", "kept")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kept-") as name:
        folder = Path(name)
        make_table(folder, arguments.rows)
        with serving("elsewhere", folder) as (port, _):
            rounds = [{way: compete(way, folder, "csv", port=port) for way in WAYS} for _ in range(arguments.rounds)]
    for figure in ("seconds", "cpu_s", "rss_mb"):
        plain, kept = (statistics.median(getattr(each[way], figure) for each in rounds) for way in WAYS)
        print(f"{arguments.rows:,} rows, {figure}: {plain:.2f} without, {kept:.2f} kept; {kept / plain - 1:+.1%}")


if __name__ == "__main__":
    main()
