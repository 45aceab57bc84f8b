"""Claim: an export of 100 million rows needs no more memory than one of a million.

`python -m benchmarks.large [--rows 100000000] [--formats parquet csv]` exports a view that generates its rows, first a
hundredth of them and then all, with this service to an S3 server that costs next to nothing; a parent looks at the RSS
every 50 ms. The verdict is flat where the last tenth of the time held at most a tenth more than the second tenth.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.contestant import Figures, compete
from benchmarks.exported_table import make_table, serving

FLAT = 1.10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--formats", nargs="+", default=["parquet", "csv"])
    parser.add_argument("--folder", default=None, help="where the files go; unset: the system's temporary folder")
    arguments = parser.parse_args()
    print(
        f"{'format':9}{'rows':>13}{'seconds':>9}{'rows/s':>12}{'MB':>9}{'RSS MB: 2nd tenth':>19}{'last':>6}{'peak':>6}"
        "  verdict"
    )
    with tempfile.TemporaryDirectory(prefix="large-", dir=arguments.folder) as name:
        folder = Path(name)
        for file_format in arguments.formats:
            for rows in (arguments.rows // 100, arguments.rows):
                make_table(folder, rows, kind="VIEW")
                with serving("elsewhere", folder) as (port, _):
                    _print(file_format, rows, compete("ours", folder, file_format, port=port))


def _print(file_format: str, rows: int, figures: Figures) -> None:
    early, late = _between(figures, 0.1, 0.2), _between(figures, 0.9, 1.0)
    print(
        f"{file_format:9}{rows:13,}{figures.seconds:9.1f}{rows / figures.seconds:12,.0f}{figures.bytes / 1e6:9,.0f}"
        f"{early:19.0f}{late:6.0f}{figures.rss_mb:6.0f}  {'flat' if late <= FLAT * early else 'GROWS'}",
        flush=True,
    )


def _between(figures: Figures, since: float, until: float) -> float:
    """The median RSS of a part of the export, which is the last of what its process does."""
    end = figures.samples[-1][0]
    begin = end - figures.seconds
    part = [mb for at, mb in figures.samples if since <= (at - begin) / figures.seconds <= until and mb]
    return statistics.median(part) if part else figures.rss_mb


if __name__ == "__main__":
    main()
