"""CSV after RFC 4180: UTF-8, CRLF, a header; NULL is an empty cell and the empty text is `""`."""

from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.core.formulas import FORMULA_STARTS
from exports_pipeline.writers.cells import csv_cell, is_free_text, is_never_quoted, looks_like_formula
from exports_pipeline.writers.copy_plan import LinesPlan, Shown
from exports_pipeline.writers.sql_text import literal
from exports_pipeline.writers.type_text import Type, parse_type

_BOM = "\ufeff"


def csv_plan(columns: tuple[Shown, ...], options: FormatOptions) -> LinesPlan:
    """The plan of a CSV file.

    In a file of a single column NULL is `""` too, since readers skip empty lines.
    """
    kinds = [parse_type(column.type) for column in columns]
    cells = [csv_cell(column.expression, kind, options) for column, kind in zip(columns, kinds, strict=True)]
    fields = [_field(f"c{place}", kind, options) for place, kind in enumerate(kinds)]
    if len(fields) == 1:
        fields = [f"coalesce(CAST({fields[0]} AS VARCHAR), '\"\"')"]
    header = options.delimiter.join(_heading(column.name, options) for column in columns)
    return LinesPlan(
        cells=", ".join(f"{cell} AS c{place}" for place, cell in enumerate(cells)),
        line=f"concat({f', {literal(options.delimiter)}, '.join(fields)}, '\r\n')",
        prefix=f"{_BOM if options.bom else ''}{header}\r\n".encode(),
        packing=options.compression,
    )


def _field(cell: str, kind: Type, options: FormatOptions) -> str:
    """A cell with its guard and its quotes, where it needs them; NULL stays NULL, which `concat` takes for nothing.

    What is asked is asked of the column itself: of a column with few values DuckDB then asks once per value. Most
    texts begin with a letter, and are let through by two comparisons.
    """
    if is_never_quoted(kind, options):
        return cell
    marks = " OR ".join(f"contains({cell}, {literal(mark)})" for mark in (options.delimiter, '"', "\n", "\r"))
    guarded, plain = cell, ""
    if options.formula_guard and is_free_text(kind):
        guarded = f"CASE WHEN {looks_like_formula(cell)} THEN '''' || {cell} ELSE {cell} END"
        plain = f"WHEN {cell} >= 'A' AND {cell} < '{{' THEN {cell} "
    quoted = f"""'"' || replace({guarded}, '"', '""') || '"'"""
    return f"CASE WHEN {marks} OR {cell} = '' THEN {quoted} {plain}ELSE {guarded} END"


def _heading(name: str, options: FormatOptions) -> str:
    if options.formula_guard and name.startswith(FORMULA_STARTS):
        name = f"'{name}"
    if not name or any(mark in name for mark in ('"', "\r", "\n", options.delimiter)):
        return '"' + name.replace('"', '""') + '"'
    return name
