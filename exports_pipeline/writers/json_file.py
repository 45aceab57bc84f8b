"""JSON (RFC 8259) as one array, or as lines of one object each."""

import json

from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.writers.cells import json_value
from exports_pipeline.writers.copy_plan import CopyPlan, Shown
from exports_pipeline.writers.sql_text import literal
from exports_pipeline.writers.type_text import parse_type

_RAW = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ''"
"""One text column per row, written as it is."""


def json_plan(columns: tuple[Shown, ...], options: FormatOptions, *, file_format: Format) -> CopyPlan:
    """The plan of a JSON file.

    The text of each object is put together in SQL: DuckDB's own JSON writer has bare NaN, and takes longer.
    """
    parts = []
    for place, column in enumerate(columns):
        key = json.dumps(column.name, ensure_ascii=False)
        parts.append(literal(f"{',' if place else '{'}{key}:"))
        parts.append(json_value(column.expression, parse_type(column.type), options.timezone))
    line = f"concat({', '.join(parts)}, '}}')"
    around = ""
    if file_format is Format.JSON:
        around = ", PREFIX '[\n', SUFFIX '\n]\n', NEW_LINE ',\n'"
    return CopyPlan(select=f"{line} AS line", copy_options=_RAW + around, packing=options.compression)
