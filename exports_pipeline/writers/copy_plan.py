"""How a selection is copied into a file by DuckDB: the writer as data."""

from dataclasses import dataclass

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
    """What to put into COPY, and what goes around the bytes it writes."""

    select: str
    """The select list."""
    copy_options: str
    prefix: bytes = b""
    """Bytes before the first row; packed with the rest."""
    packing: Compression | None = None
    """What the stream is packed with."""
