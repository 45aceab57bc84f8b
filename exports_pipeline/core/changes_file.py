"""The file of changes: the rows that a result has and the one of the window before has not, and the other way round."""

from collections.abc import Iterator
from dataclasses import dataclass

from exports_pipeline.core.difference import Difference
from exports_pipeline.core.formulas import FORMULA_STARTS

MOST_CHANGES = 10_000
"""Rows of the file; where there are more, the message says how many there are."""
CHANGES_TYPE = "text/csv; charset=utf-8"
_QUOTED = (",", '"', "\r", "\n")


@dataclass(frozen=True, kw_only=True)
class ChangesFile:
    """A file of changes, as it lies in the object store beside the file of its result."""

    object_key: str
    download_name: str
    row_count: int
    total_rows: int
    """How many rows it would have if it held all of them."""
    size_bytes: int
    sha256: str


def changes_name(file: str, ending: str) -> str:
    """The name, or the key, of the changes beside a file: `sales.csv.gz` has `sales.changes.csv`."""
    return f"{file.removesuffix(f'.{ending}')}.changes.csv"


def changes_csv(difference: Difference, *, formula_guard: bool) -> Iterator[bytes]:
    """The lines of the file: a header, then rows that say what became of them; CSV as that of exports.

    NULL is an empty cell and the empty text is `""`; times are UTC.
    """
    header, rows = difference.table()
    yield _line(header, [formula_guard] * len(header))
    guards = [False, *(formula_guard and name in difference.texts for name in difference.columns)]
    for row in rows:
        yield _line(row, guards)


def _line(cells: tuple[str | None, ...], guards: list[bool]) -> bytes:
    return (",".join(map(_cell, cells, guards)) + "\r\n").encode()


def _cell(text: str | None, is_guarded: bool) -> str:
    if text is None:
        return ""
    if is_guarded and text.startswith(FORMULA_STARTS):
        text = f"'{text}"
    if not text or any(mark in text for mark in _QUOTED):
        return '"' + text.replace('"', '""') + '"'
    return text
