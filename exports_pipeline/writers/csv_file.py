"""CSV after RFC 4180: UTF-8, CRLF, a header; NULL is an empty cell and the empty text is `""`."""

from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.writers.cells import FORMULA_STARTS, csv_cell
from exports_pipeline.writers.copy_plan import CopyPlan, Shown
from exports_pipeline.writers.sql_text import literal
from exports_pipeline.writers.type_text import parse_type

_BOM = "\ufeff"


def csv_plan(columns: tuple[Shown, ...], options: FormatOptions) -> CopyPlan:
    """The plan of a CSV file.

    In a file of a single column NULL is `""` too, since readers skip empty lines.
    """
    cells = [csv_cell(column.expression, parse_type(column.type), options) for column in columns]
    if len(cells) == 1:
        cells = [f"coalesce(CAST({cells[0]} AS VARCHAR), '')"]
    header = options.delimiter.join(_heading(column.name, options) for column in columns)
    return CopyPlan(
        select=", ".join(f"{cell} AS c{place}" for place, cell in enumerate(cells)),
        copy_options=f"FORMAT csv, HEADER false, DELIMITER {literal(options.delimiter)}, NEW_LINE '\\r\\n'",
        prefix=f"{_BOM if options.bom else ''}{header}\r\n".encode(),
        packing=options.compression,
    )


def _heading(name: str, options: FormatOptions) -> str:
    if options.formula_guard and name.startswith(FORMULA_STARTS):
        name = f"'{name}"
    if not name or any(mark in name for mark in ('"', "\r", "\n", options.delimiter)):
        return '"' + name.replace('"', '""') + '"'
    return name
