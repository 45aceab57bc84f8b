"""Claim: the control totals of a receipt cost at most a tenth of the time of a large CSV export.

`python -m benchmarks.receipts [--rows 10000000] [--rounds 3]` exports a table of twelve columns with and without
them, by turns, each in a process of its own.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.contestant import compete
from benchmarks.exported_table import make_table, serving

WAYS = ("ours", "without totals")
GOAL = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="receipts-") as name:
        folder = Path(name)
        make_table(folder, arguments.rows)
        with serving("elsewhere", folder) as (port, _):
            rounds = [{way: compete(way, folder, "csv", port=port) for way in WAYS} for _ in range(arguments.rounds)]
    for figure in ("seconds", "cpu_s"):
        ours, plain = (statistics.median(getattr(each[way], figure) for each in rounds) for way in WAYS)
        share = ours / plain - 1
        missed = "  goal missed" if figure == "cpu_s" and share > GOAL else ""
        print(f"{arguments.rows:,} rows, {figure}: {plain:.2f} without totals, {ours:.2f} with; {share:+.1%}{missed}")


if __name__ == "__main__":
    main()
