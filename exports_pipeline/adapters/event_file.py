"""A file of events: rows of CSV or Parquet by DuckDB, or lines of JSON, read as a stream."""

import json
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

_ROWS = 10_000
_BYTES = 1 << 20


class FileKind(StrEnum):
    """How a file of events is written."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


_ROWS_OF = {
    FileKind.CSV: "FROM read_csv(?, all_varchar = true, header = true)",
    FileKind.PARQUET: "FROM read_parquet(?)",
}
"""All rows of a file, as DuckDB is asked for them."""


class UnreadableFile(Exception):
    """A file is not there, or is not of its kind."""


class EventFile:
    """A file of events; what it holds is looked at only as far as it is read."""

    def __init__(self, path: Path, kind: FileKind) -> None:
        self._path, self.kind = path, kind

    def count(self) -> int:
        """How many rows there are, empty lines of JSON Lines among them.

        Raises:
            UnreadableFile.
        """
        try:
            if self.kind is FileKind.JSONL:
                return self._count_lines()
            query = f"SELECT count(*) {_ROWS_OF[self.kind]}"
            with duckdb.connect() as connection:
                [found] = connection.execute(query, [str(self._path)]).fetchall()
                return int(found[0])
        except (duckdb.Error, OSError) as error:
            raise _unreadable(self._path, error) from error

    def columns(self) -> list[str]:
        """Names of the columns; for JSON Lines, those of the first line.

        Raises:
            UnreadableFile.
        """
        if self.kind is FileKind.JSONL:
            first = next(iter(self.rows()), {})
            return list(first) if isinstance(first, dict) else []
        try:
            with duckdb.connect() as connection:
                query = f"{_ROWS_OF[self.kind]} LIMIT 0"
                return [str(each[0]) for each in connection.execute(query, [str(self._path)]).description or ()]
        except duckdb.Error as error:
            raise _unreadable(self._path, error) from error

    def lines(self) -> Iterator[str]:
        """The lines of JSON Lines as they are.

        Raises:
            UnreadableFile.
        """
        try:
            with self._path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                yield from file
        except OSError as error:
            raise _unreadable(self._path, error) from error

    def rows(self) -> Iterator[dict[str, Any] | str]:
        """Rows by column, in order; a line of JSON Lines that is no object comes as it is.

        Cells of CSV are texts, or None where empty; fractions of JSON are decimals.

        Raises:
            UnreadableFile.
        """
        if self.kind is FileKind.JSONL:
            yield from map(_object, self.lines())
            return
        try:
            with duckdb.connect() as connection:
                connection.execute("SET TimeZone = 'UTC'")
                for batch in connection.sql(_ROWS_OF[self.kind], params=[str(self._path)]).to_arrow_reader(_ROWS):
                    yield from batch.to_pylist()
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise _unreadable(self._path, error) from error

    def _count_lines(self) -> int:
        with self._path.open("rb") as file:
            newlines, last = 0, b"\n"
            while chunk := file.read(_BYTES):
                newlines, last = newlines + chunk.count(b"\n"), chunk[-1:]
        return newlines + (last != b"\n")


def kind_of(path: Path) -> FileKind | None:
    """The kind that a file's name tells."""
    endings = {".csv": FileKind.CSV, ".parquet": FileKind.PARQUET, ".jsonl": FileKind.JSONL, ".ndjson": FileKind.JSONL}
    return endings.get(path.suffix.lower())


def _object(line: str) -> dict[str, Any] | str:
    try:
        read = json.loads(line, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return line
    return read if isinstance(read, dict) else line


def _unreadable(path: Path, error: Exception) -> UnreadableFile:
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    return UnreadableFile(f"{path} cannot be read: {reason}")
