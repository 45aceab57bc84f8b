"""Claim: a PDF of 10,000 rows and eight columns is made within five seconds, several times faster than LongTable does.

`python -m benchmarks.pdf [--rows 10000] [--rounds 3]` writes the same rows as the service does (all fonts, widths from
the data, "page n of m", bookmarks; the query included) and with reportlab's own LongTable (Helvetica, fixed widths, no
page count); each in a process of its own and by turns, and the medians are compared.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import duckdb
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import LongTable, SimpleDocTemplate, TableStyle

from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.about import about
from exports_pipeline.core.catalog import Column, Dataset, user_id
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.memory_upload import MemoryUpload

ANYBODY = Requester(user_id=user_id("benchmark"), owner_key="benchmark")
GOAL_S = 5.0
TABLE = """
    CREATE TABLE fct_transactions AS SELECT
        i AS transaction_id,
        TIMESTAMP '2020-01-01' + to_seconds(i * 3) AS posted_at,
        CAST(CAST(hash(i + 1) % 2000000 AS DECIMAL(18, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount,
        ['EUR', 'USD', 'CZK', 'GBP'][CAST(1 + hash(i + 2) % 4 AS BIGINT)] AS currency,
        ['groceries', 'rent', 'salary', 'travel', 'health, sport', 'fun'][CAST(1 + hash(i + 3) % 6 AS BIGINT)] AS tag,
        'Payment to merchant ' || hash(i + 4) % 10000 AS description,
        hash(i + 6) % 10 > 1 AS is_card,
        (hash(i + 7) % 1000000) / 1000.0 AS balance
    FROM range({rows}) AS r(i)
"""


def main() -> None:
    arguments = _arguments()
    if arguments.role:
        json.dump(_measured(arguments), sys.stdout)
        return
    with tempfile.TemporaryDirectory(prefix="pdf-") as name:
        with duckdb.connect(str(Path(name, "warehouse.duckdb"))) as connection:
            connection.execute(TABLE.format(rows=arguments.rows))
        runs: dict[str, list[dict[str, float]]] = {"export": [], "LongTable": []}
        for _ in range(arguments.rounds):
            for role, found in runs.items():
                found.append(_in_a_process(name, role))
    print(f"{arguments.rows:,} rows x 8 columns as PDF, median of {arguments.rounds}")
    print(f"{'way':12}{'seconds':>9}{'CPU s':>8}{'rows/s':>9}{'KB':>8}{'RSS MB':>8}")
    medians = {
        role: {name: statistics.median(run[name] for run in found) for name in found[0]} for role, found in runs.items()
    }
    for role, of in medians.items():
        print(
            f"{role:12}{of['seconds']:9.2f}{of['cpu_s']:8.2f}{arguments.rows / of['seconds']:9,.0f}"
            f"{of['bytes'] / 1e3:8.0f}{of['rss_mb']:8.0f}"
        )
    seconds = medians["export"]["seconds"]
    missed = "  goal missed" if seconds > GOAL_S * arguments.rows / 10_000 else ""
    print(f"{medians['LongTable']['seconds'] / seconds:.1f} times as fast{missed}")


def _in_a_process(folder: str, role: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.pdf", "--role", role, "--folder", folder]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def _measured(arguments: argparse.Namespace) -> dict[str, float]:
    work = _export if arguments.role == "export" else _long_table
    began, began_cpu = time.perf_counter(), time.process_time()
    size_bytes = work(Path(arguments.folder))
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cpu_s": cpu_s, "bytes": size_bytes, "rss_mb": rss_mb}


def _export(folder: Path) -> int:
    warehouse = DuckDbWarehouse(folder / "warehouse.duckdb")
    types = warehouse.relation_types("fct_transactions") or {}
    columns = tuple(Column(name=name, type=kind) for name, kind in types.items())
    dataset = Dataset(name="fct_transactions", relation="fct_transactions", columns=columns, title="Transactions")
    selection = Selection(dataset=dataset, columns=columns, owner_key=None)
    upload = MemoryUpload()
    with warehouse.open() as session:
        rows = session.count(selection)
        facts = about(selection, ANYBODY, job_id=uuid4(), rows=rows, now=datetime.now(UTC))
        session.write(
            selection,
            upload,
            file_format=Format.PDF,
            options=FormatOptions(),
            about=facts,
            tick=lambda _share: None,
        )
    return upload.size_bytes


def _long_table(folder: Path) -> int:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        cells = connection.sql("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM fct_transactions")
        rows = [cells.columns, *cells.fetchall()]
    target = folder / "long.pdf"
    table = LongTable(rows, colWidths=[70, 110, 70, 50, 80, 190, 50, 70], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONTSIZE", (0, 0), (-1, -1), 8),
                ("ALIGN", (2, 0), (2, -1), "RIGHT"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.lightgrey),
            ]
        )
    )
    SimpleDocTemplate(str(target), pagesize=landscape(A4)).build([table])
    return target.stat().st_size


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--role", choices=("export", "LongTable"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
