"""How DuckDB turns a selection into a file: the writer as data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from exports_pipeline.core.formats import Compression


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A column on its way into a file, redacted where it must be."""

    name: str
    expression: str
    type: str
    """The DuckDB type of the expression."""


@dataclass(frozen=True, kw_only=True)
class CopyPlan:
    """A file that DuckDB's COPY writes as a whole."""

    cells: str
    """The select list over the selected rows."""
    copy_options: str


@dataclass(frozen=True, kw_only=True)
class LinesPlan:
    """A text file of one line per row.

    Each line is one SQL value. The column of lines that comes out of DuckDB is, in memory, the text of the file
    already; on the way through COPY the CSV writer would look at every character again.
    """

    cells: str
    """The select list over the selected rows; it names its columns `c0`, `c1` ..."""
    line: str
    """The text of a line made of these, with its line break."""
    prefix: bytes = b""
    """Bytes before the first line."""
    suffix: bytes = b""
    """Bytes after the last line."""
    skipped: int = 0
    """Bytes of the first line that are left out: a separator that every line begins with."""
    packing: Compression | None = None
    """What all of it is packed with."""


@dataclass(frozen=True, kw_only=True)
class BuiltPlan:
    """A document that must be finished before its first byte can leave, as its format asks for."""

    cells: str
    """The select list over the selected rows."""
    from_cells: str = "*"
    """The select list over these, where it takes two steps to what the batches hold."""
    batch_rows: int = 8192
    build: Callable[[Iterator[pa.RecordBatch], Path], tuple[str, ...]]
    """Writes the rows, batch by batch, into a new file; reads all of them, and holds few at a time.

    Returns in words what the format had no room for; nothing, most of the time.

    Asking for the next batch raises when the attempt was stopped.
    """
