"""The sheet "About": what the rows are, for whom they were chosen, and what was done to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from zoneinfo import ZoneInfo

from exports_pipeline.core.about import About, redaction_at_length, unmasked
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.writers.number_formats import is_id

_LONGEST_LINE = 20_000
"""A cell holds 32,767 characters; a longer list goes on in the next row."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What is known when the rows are in the file."""

    sheets: tuple[tuple[str, int], ...]
    """Name and number of rows of each sheet, in order."""
    shortened: int
    """Cells that lost characters."""
    sha256: str
    """Of the XML of all sheets with rows, one after the other."""


def about_lines(about: About, written: Written, options: FormatOptions) -> list[tuple[str, str]]:
    """The facts of the file, each with its name."""
    made_at = about.made_at.astimezone(ZoneInfo(about.timezone))
    rows = sum(rows for _, rows in written.sheets)
    lines = [("Dataset", about.dataset)]
    if about.description:
        lines.append(("Description", about.description))
    lines += about.filters or [("Filters", "none: all rows that the requester may see")]
    lines += [
        ("Requested by", about.requester),
        ("Made at", f"{made_at.isoformat(sep=' ', timespec='seconds')} ({about.timezone})"),
        ("Time zone", f"{about.timezone}; spreadsheets have no zones, so all instants are shown in this one"),
        ("Export job", str(about.job_id)),
        ("Rows", f"{rows:,}"),
        *_sheets(written.sheets),
        *(
            [(f"Redacted: {name}", redaction_at_length(what)) for name, what in about.redactions.items()]
            or [("Redacted", "nothing")]
        ),
        *([("Unmasked", unmasked(about))] if about.lifted else []),
        ("Shortened cells", _shortened(written.shortened)),
        ("Numbers", "Ids, and numbers of more than 15 significant digits, are text: a spreadsheet would round them"),
    ]
    if options.formula_guard:
        lines.append(("Formulas", "Text that begins like a formula has an apostrophe before it"))
    parts = " ".join(f"xl/worksheets/sheet{place}.xml" for place in range(1, len(written.sheets) + 1))
    lines += [
        ("SHA-256 of the rows", written.sha256),
        ("To compute it again", f"unzip -p FILE {parts} | sha256sum"),
    ]
    return [(name if not place else "", piece) for name, text in lines for place, piece in enumerate(_pieces(text))]


def column_lines(columns: Sequence[Column]) -> list[tuple[str, str, str, str, str]]:
    """Name, title, type, unit and meaning of each column."""
    return [
        (
            column.name,
            column.title,
            "text" if column.is_replaced else column.type,
            "id" if not column.is_replaced and is_id(column.name, column.unit) else column.unit,
            column.description[:_LONGEST_LINE],
        )
        for column in columns
    ]


def _sheets(sheets: tuple[tuple[str, int], ...]) -> list[tuple[str, str]]:
    if len(sheets) == 1:
        return [("Sheets", "1, with all rows")]
    many = f"{len(sheets)}, since one cannot hold them all"
    return [("Sheets", many), *((f"Sheet {name}", f"{rows:,} rows") for name, rows in sheets)]


def _shortened(cells: int) -> str:
    return f"{cells:,}: longer than 32,767 characters, they end with … [shortened]" if cells else "none"


def _pieces(text: str) -> list[str]:
    return wrap(text, _LONGEST_LINE, replace_whitespace=False, drop_whitespace=False) or [""]
