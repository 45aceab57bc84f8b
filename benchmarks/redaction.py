"""Claim: masking and truncating cost next to nothing, hashing and searching texts a known multiple of a plain export.

`python -m benchmarks.redaction [--rows 10000000] [--rounds 3]` exports four columns as CSV to nowhere, by turns and in
one process, and prints processor time as ratios to the plain way. A text and an amount are masked and hashed, the
amount and a date are truncated, the text is searched: one in a hundred holds an address, a card and a phone number.
"""

import argparse
import hashlib
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import duckdb

from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.about import about
from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.redaction_policy import Sensitivity, TextKind
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.memory_upload import MemoryUpload

TABLE = """
    CREATE TABLE things AS SELECT i AS id, DATE '2020-01-01' + CAST(i % 2000 AS INTEGER) AS day,
        CAST(hash(i) % 2000000 AS DECIMAL(18, 2)) AS amount,
        'Payment number ' || i || ' to merchant ' || hash(i) % 10000 || CASE WHEN i % 100 = 0
            THEN ', ann@example.com, 4111 1111 1111 1111, +420 777 123 456' ELSE ' for the usual goods' END AS note
    FROM range({rows}) AS r(i)
"""
WAYS: dict[str, dict[str, object]] = {
    "plain": {},
    "masked": {"sensitive": Sensitivity.MASK},
    "hashed": {"sensitive": Sensitivity.HASH},
    "truncated": {"sensitive": Sensitivity.TRUNCATE, "step": "1000"},
    "scanned": {"scan": tuple(TextKind)},
    **{f"scanned, {kind}": {"scan": (kind,)} for kind in TextKind},
}


class Nowhere(MemoryUpload):
    """An upload that hashes bytes, as a real one does, and keeps none."""

    def __init__(self) -> None:
        super().__init__()
        self._digest, self._size = hashlib.sha256(), 0

    @property
    def size_bytes(self) -> int:
        """Bytes taken so far."""
        return self._size

    def write(self, data: bytes | memoryview) -> int:
        """Take bytes."""
        self._digest.update(data)
        self._size += len(data)
        return len(data)


def redacted(columns: tuple[Column, ...], way: str) -> tuple[Column, ...]:
    """The columns as a way shows them: a truncation is of the amount, a search of the note, all else of both."""
    touched = {"truncated": ("amount", "day"), "plain": ()}.get(way, ("note",) if "scan" in way else ("amount", "note"))
    return tuple(replace(each, **WAYS[way]) if each.name in touched else each for each in columns)


def seconds_of(warehouse: DuckDbWarehouse, selection: Selection) -> tuple[float, float]:
    """Processor time and time of one export."""
    somebody = Requester(user_id=UUID(int=1), owner_key="bench")
    facts = about(selection, somebody, job_id=UUID(int=2), rows=0, now=datetime.now(UTC))
    with warehouse.open() as session:
        session.count(selection)
        cpu, wall = time.process_time(), time.perf_counter()
        session.write(
            selection,
            Nowhere(),
            file_format=Format.CSV,
            options=FormatOptions(),
            about=facts,
            tick=lambda _share: None,
        )
        return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="redaction-") as folder:
        path = Path(folder, "things.duckdb")
        with duckdb.connect(str(path)) as connection:
            connection.execute(TABLE.format(rows=arguments.rows))
        warehouse = DuckDbWarehouse(path, mask_key=b"a key of the benchmark")
        columns = tuple(
            Column(name=name, type=kind) for name, kind in (warehouse.relation_types("things") or {}).items()
        )
        dataset = Dataset(name="things", relation="things", columns=columns, public=True)
        whole = Selection(dataset=dataset, columns=columns, owner_key=None)
        rounds = [
            {way: seconds_of(warehouse, replace(whole, columns=redacted(columns, way))) for way in WAYS}
            for _ in range(arguments.rounds)
        ]
    plain = statistics.median(each["plain"][0] for each in rounds)
    for way in WAYS:
        cpu, wall = (statistics.median(each[way][place] for each in rounds) for place in (0, 1))
        print(f"{arguments.rows:,} rows, {way}: {cpu:.2f} s of processor, {wall:.2f} s; {cpu / plain:.2f} of plain")


if __name__ == "__main__":
    main()
