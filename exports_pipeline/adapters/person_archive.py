"""Everything that is held about a person as a ZIP archive: row by row out of Postgres, in bounded memory."""

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Connection, Engine, text

from exports_pipeline.adapters.personal_tables import HELD, Held
from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.core.errors import SpillDiskFull
from exports_pipeline.core.formulas import FORMULA_STARTS

_AT_ONCE = 500
_PIECE_BYTES = 1 << 20
_IN_MEMORY_BYTES = 4 << 20
_KNOWN = text("SELECT FROM users WHERE id = :person")
_README = """What the export service holds about you
=======================================

Person: {person}
Made at: {now:%Y-%m-%d %H:%M} UTC

Each table is there twice with the same rows: as JSON, exact, and as CSV, for spreadsheets (in which a text that
looks like a formula has an apostrophe in front). Times are UTC. manifest.json tells the rows, bytes and SHA-256 of
every file. What would become of a table if you were erased stands beside it.

{tables}

Not in this archive: secrets (of destinations, links, invitations), which are kept encrypted or as hashes; and the
files that you exported, which are named in export_jobs (object_key, sha256) and can be downloaded until they expire.
"""


class PostgresPersonArchive:
    """`PersonArchive` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pieces(self, user_id: UUID, *, now: datetime) -> Iterator[bytes] | None:
        """A ZIP archive in pieces, all tables as of one moment; None if there is no such user."""
        file = tempfile.TemporaryFile(prefix="exports-archive-")  # noqa: SIM115 - it is closed when the last piece is read
        try:
            with _spilling(), transaction(self._engine) as connection:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                if (
                    connection.execute(text("SELECT FROM users WHERE id = :person"), {"person": user_id}).first()
                    is None
                ):
                    file.close()
                    return None
                with ZipFile(file, "w", ZIP_DEFLATED) as archive:
                    _fill(archive, connection, user_id, now)
        except BaseException:
            file.close()
            raise
        return _read(file)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _fill(archive: ZipFile, connection: Connection, user_id: UUID, now: datetime) -> None:
    listed, said = [], []
    for held in HELD:
        rows = _rows(connection, held, user_id)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, prefix="exports-archive-") as table:
            listed += _write(archive, held, rows, table)
        said.append(f"{held.table}: {listed[-1]['rows']:,} rows. If you were erased: {held.fate}.")
    readme = _README.format(person=user_id, now=now, tables="\n".join(said)).encode()
    archive.writestr("README.txt", readme)
    listed.append({"name": "README.txt", "bytes": len(readme), "sha256": hashlib.sha256(readme).hexdigest()})
    manifest = {"archive": "exports-person/1", "person": str(user_id), "made_at": now.isoformat(), "files": listed}
    archive.writestr("manifest.json", json.dumps(manifest, indent=2))


def _rows(connection: Connection, held: Held, user_id: UUID) -> Iterator[Mapping[str, Any]]:
    query = f"SELECT {held.columns} FROM {held.table} WHERE {held.of} ORDER BY {held.order}"  # noqa: S608 - words of ours
    streamed = connection.execution_options(stream_results=True, yield_per=_AT_ONCE)
    for row in streamed.execute(text(query), {"person": user_id}).mappings():
        yield dict(row)


def _write(archive: ZipFile, held: Held, rows: Iterator[Mapping[str, Any]], table: Any) -> list[dict[str, Any]]:
    """One table as JSON and, of the same rows, as CSV; what the manifest says of both."""
    count, cells = 0, io.TextIOWrapper(table, "utf-8", newline="", write_through=True)
    sheet = csv.writer(cells)
    sheet.writerow(name.strip() for name in held.columns.split(","))
    with archive.open(f"{held.table}.json", "w", force_zip64=True) as part:
        document = _Hashed(part)
        for row in rows:
            document.write(b",\n" if count else b"[\n")
            document.write(json.dumps(row, default=str, ensure_ascii=False).encode())
            sheet.writerow(_cell(value) for value in row.values())
            count += 1
        document.write(b"\n]\n" if count else b"[]\n")
    cells.detach()
    table.seek(0)
    with archive.open(f"{held.table}.csv", "w", force_zip64=True) as part:
        copy = _Hashed(part)
        while piece := table.read(_PIECE_BYTES):
            copy.write(piece)
    return [document.about(f"{held.table}.json", count), copy.about(f"{held.table}.csv", count)]


class _Hashed:
    """Counts and hashes what it hands on."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self._size_bytes = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._size_bytes += len(data)

    def about(self, name: str, rows: int) -> dict[str, Any]:
        return {"name": name, "rows": rows, "bytes": self._size_bytes, "sha256": self._digest.hexdigest()}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    shown = json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return f"'{shown}" if shown.startswith(FORMULA_STARTS) else shown


@contextmanager
def _spilling() -> Iterator[None]:
    """A full disk as the error that it is elsewhere, too."""
    try:
        yield
    except OSError as error:
        raise SpillDiskFull from error
