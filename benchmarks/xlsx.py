"""Claim: a million rows leave as XLSX at least six times as fast as with xlsxwriter, in at most 400 MB.

`python -m benchmarks.xlsx [--rows 1000000] [--rounds 1]` writes the table of twelve columns of `exported_table.py` as a
workbook: as an export does, with typed cells, formula guard, "About" and upload; with xlsxwriter in its mode of
constant memory; with rustpy-xlsxwriter over an Arrow stream; each in a process of its own and by turns. The medians
are compared.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa
import rustpy_xlsxwriter
import xlsxwriter

from benchmarks.exported_table import TABLE
from benchmarks.ways.streaming import ANYBODY, MEMORY_MB, THREADS
from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.about import about
from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions

GOAL_RATIO, GOAL_RSS_MB = 6, 400
ROWS = "SELECT * REPLACE (CAST(amount AS DOUBLE) AS amount) FROM fct_transactions"  # a cell holds a double


def main() -> None:
    arguments = _arguments()
    if arguments.role:
        json.dump(_measured(arguments.role, Path(arguments.folder)), sys.stdout)
        return
    with tempfile.TemporaryDirectory(prefix="xlsx-", dir=arguments.folder) as name:
        with duckdb.connect(str(Path(name, "warehouse.duckdb"))) as connection:
            connection.execute(TABLE.format(kind="TABLE", rows=arguments.rows))
        runs: dict[str, list[dict[str, float]]] = {role: [] for role in _ROLES}
        for _ in range(arguments.rounds):
            for role, found in runs.items():
                found.append(_in_a_process(name, role))
    print(f"{arguments.rows:,} rows x 12 columns, median of {arguments.rounds}")
    print(f"{'way':22}{'s':>8}{'rows/s':>10}{'CPU s':>8}{'MB':>7}{'RSS MB':>8}{'times xlsxwriter':>18}")
    for role, found in runs.items():
        seconds, slowest = _median(found, "seconds"), _median(runs["xlsxwriter"], "seconds")
        ratio, rss_mb = slowest / seconds, _median(found, "rss_mb")
        missed = role == "export" and (ratio < GOAL_RATIO or rss_mb > GOAL_RSS_MB)
        print(
            f"{role:22}{seconds:8.1f}{arguments.rows / seconds:10,.0f}{_median(found, 'cpu_s'):8.1f}"
            f"{found[0]['bytes'] / 1e6:7.0f}{rss_mb:8.0f}{ratio:18.1f}{'  goal missed' if missed else ''}"
        )


def _median(runs: list[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def _in_a_process(folder: str, role: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.xlsx", "--role", role, "--folder", folder]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _measured(role: str, folder: Path) -> dict[str, float]:
    began, began_cpu = time.perf_counter(), time.process_time()
    size_bytes = _ROLES[role](folder)
    return {
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - began_cpu,
        "rss_mb": _peak_mb(),
        "bytes": size_bytes,
    }


def _peak_mb() -> float:
    """The largest memory of this process; `getrusage` would begin with that of the process that started it."""
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(kilobytes) / 1024


class _Nowhere:
    """An upload that only counts, since the others upload nothing."""

    size_bytes = 0

    def write(self, data: bytes | memoryview) -> int:
        self.size_bytes += len(data)
        return len(data)


def _export(folder: Path) -> int:
    warehouse = DuckDbWarehouse(folder / "warehouse.duckdb", limits=DuckDbLimits(memory_mb=MEMORY_MB, threads=THREADS))
    types = warehouse.relation_types("fct_transactions") or {}
    columns = tuple(Column(name=name, type=kind) for name, kind in types.items())
    dataset = Dataset(name="fct_transactions", relation="fct_transactions", columns=columns)
    selection, upload, options = (
        Selection(dataset=dataset, columns=columns, owner_key=None),
        _Nowhere(),
        FormatOptions(),
    )
    with warehouse.open() as session:
        facts = about(selection, ANYBODY, job_id=uuid4(), rows=session.count(selection), now=datetime.now(UTC))
        session.write(
            selection, upload, file_format=Format.XLSX, options=options, about=facts, tick=lambda _share: None
        )
    return upload.size_bytes


def _xlsxwriter(folder: Path) -> int:
    target = folder / "xlsxwriter.xlsx"
    workbook = xlsxwriter.Workbook(target, {"constant_memory": True})
    sheet = workbook.add_worksheet()
    styles = {each: workbook.add_format({"num_format": each}) for each in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd", "@")}
    reader = _rows(folder)
    writes = [_write_of(sheet, field.type, styles) for field in reader.schema]
    sheet.write_row(0, 0, reader.schema.names)
    row = 0
    for batch in reader:
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row += 1
            for place, (write, value) in enumerate(zip(writes, values, strict=True)):
                write(row, place, value)
    workbook.close()
    return target.stat().st_size


def _write_of(sheet, kind, styles) -> Callable[[int, int, object], object]:  # noqa: ANN001 - no types in xlsxwriter
    """The method for the cells of a column; asking for the type of each value would take longer."""
    if str(kind).startswith(("timestamp", "date")):
        style = styles["yyyy-mm-dd" if str(kind).startswith("date") else "yyyy-mm-dd hh:mm:ss"]
        return lambda row, place, value: sheet.write_datetime(row, place, value, style)
    if str(kind) == "bool":
        return sheet.write_boolean
    return sheet.write_string if str(kind) == "string" else sheet.write_number


def _rustpy(folder: Path) -> int:
    target = folder / "rustpy.xlsx"
    rustpy_xlsxwriter.write_worksheet(_rows(folder), str(target), freeze_row=1, autofilter=True)
    return target.stat().st_size


def _rows(folder: Path) -> pa.RecordBatchReader:
    connection = duckdb.connect(config={"threads": THREADS, "memory_limit": f"{MEMORY_MB}MB"})
    connection.execute(f"ATTACH '{folder / 'warehouse.duckdb'}' AS w (READ_ONLY)")
    connection.execute("USE w")
    connection.execute("SET enable_progress_bar = false")
    return connection.sql(ROWS).to_arrow_reader(8192)


_ROLES: dict[str, Callable[[Path], int]] = {"export": _export, "xlsxwriter": _xlsxwriter, "rustpy-xlsxwriter": _rustpy}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", default=None, help="where the files go; unset: the system's temporary folder")
    parser.add_argument("--role", choices=tuple(_ROLES), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
