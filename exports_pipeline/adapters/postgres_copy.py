"""Copies selected rows out of Postgres into a Parquet file, by COPY and in bounded memory.

CSV and not the binary form, which takes as long here: Arrow reads decimals, dates and instants out of their text
exactly, and says no where a value does not fit its declared type, instead of rounding it.
"""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import psycopg
import pyarrow as pa
from pyarrow import csv, parquet

from exports_pipeline.adapters.postgres_selection import PostgresParameters, named, rows
from exports_pipeline.adapters.postgres_snapshot import PostgresSnapshot, reading_postgres
from exports_pipeline.adapters.postgres_types import arrow_type, restored, sent
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.errors import QueryFailed, SpillDiskFull
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline.writers.sql_text import identifier

BLOCK_BYTES = 4 << 20
"""Of text that is read at a time; a row that is longer cannot be read."""
_PATIENCE_S = 0.2


class RowsCopy:
    """One copy in the making."""

    def __init__(self, snapshot: PostgresSnapshot, selection: Selection, *, most_bytes: int) -> None:
        self._snapshot = snapshot
        self._selection = selection
        self._most_bytes = most_bytes
        self._is_stopped = False
        self.rows = 0
        """Rows copied so far."""

    def interrupt(self) -> None:
        """Stop it from another thread."""
        self._is_stopped = True
        self._snapshot.interrupt()

    def write(self, path: Path) -> int:
        """Copy all rows into a new file and return their number.

        Raises:
            QueryFailed: Postgres refuses the query, or a value does not fit the type that the catalogue declares.
            QueryTooLarge: the file, or one row, is larger than may be.
            SpillDiskFull, LedgerUnavailable.
        """
        columns, parameters = self._selection.columns, PostgresParameters()
        cells = ", ".join(f"{sent(named(each.name), each.type)} AS c{place}" for place, each in enumerate(columns))
        statement = f"SELECT {cells} {rows(self._selection, parameters)}"
        schema = pa.schema([(f"c{place}", arrow_type(each.type)) for place, each in enumerate(columns)])
        with reading_postgres(), self._snapshot.copying(statement, parameters.values) as lines:
            text = _Text(lines, lambda: self._is_stopped)
            try:
                self._convert(text, schema, path)
            except pa.ArrowInvalid as error:
                raise text.error or _misfit(error, columns) from error
            except (OSError, pa.ArrowException) as error:
                raise text.error or SpillDiskFull() from error
            finally:
                text.leave(self._snapshot.interrupt)
        return self.rows

    def _convert(self, text: io.RawIOBase, schema: pa.Schema, path: Path) -> None:
        with parquet.ParquetWriter(path, schema, compression="lz4") as file:
            reader = csv.open_csv(
                text,
                read_options=csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
                parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                convert_options=csv.ConvertOptions(
                    column_types=schema,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    true_values=["t"],
                    false_values=["f"],
                ),
            )
            for batch in reader:
                file.write_batch(batch)
                self.rows += batch.num_rows
                if path.stat().st_size > self._most_bytes:
                    raise QueryTooLarge


def restored_columns(columns: Sequence[Column]) -> str:
    """The select list over a copy that gives its columns their names and types back."""
    return ", ".join(
        f"{restored(f'c{place}', each.type)} AS {identifier(each.name)}" for place, each in enumerate(columns)
    )


class _Text(io.RawIOBase):
    """What Postgres sends, as Arrow reads it: ahead, in a thread of its own, which outlives an error in ours."""

    def __init__(self, lines: psycopg.Copy, is_stopped: Callable[[], bool]) -> None:
        self._lines, self._is_stopped = lines, is_stopped
        self._rest = bytearray()
        self._turn, self._is_left = Lock(), False
        self.error: Exception | None = None
        """What went wrong on the way here; Arrow keeps the text of it only."""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or fewer at the end."""
        with self._turn:
            return self._read(size if size > 0 else BLOCK_BYTES)

    def leave(self, interrupt: Callable[[], None]) -> None:
        """Return when nobody reads any more, as the connection serves one thread at a time; `interrupt` ends a wait."""
        self._is_left = True
        while not self._turn.acquire(timeout=_PATIENCE_S):
            interrupt()
        self._turn.release()

    def _read(self, wanted: int) -> bytes:
        try:
            with reading_postgres():
                while not self._is_over() and len(self._rest) < wanted and (row := self._lines.read()):
                    self._rest += row
        except Exception as error:
            self.error = error
            raise
        taken = bytes(self._rest[:wanted])
        del self._rest[:wanted]
        return taken

    def _is_over(self) -> bool:
        return self._is_left or self._is_stopped()


def _misfit(error: pa.ArrowInvalid, columns: Sequence[Column]) -> Exception:
    """What a value is that does not fit; the sentence names its column and not the value."""
    text = str(error)
    if "straddl" in text:
        return QueryTooLarge(
            f"A row has more than {BLOCK_BYTES >> 20} MiB of text; leave out the column that holds it."
        )
    place = text.partition("CSV column #")[2].partition(":")[0]
    if not place.isdecimal():
        return QueryFailed()
    column = columns[int(place)]
    return QueryFailed(
        f"The column {column.name} has a value that is no {column.type}; the operator must look at the type that the "
        "catalogue declares."
    )
