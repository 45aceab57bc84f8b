"""JSON (RFC 8259) as one array, or as lines of one object each."""

import json

from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.writers.cells import json_value
from exports_pipeline.writers.copy_plan import LinesPlan, Shown
from exports_pipeline.writers.sql_text import literal
from exports_pipeline.writers.type_text import parse_type


def json_plan(columns: tuple[Shown, ...], options: FormatOptions, *, file_format: Format) -> LinesPlan:
    """The plan of a JSON file.

    The text of each object is put together in SQL: DuckDB's own JSON writer has bare NaN, and takes longer.
    """
    is_array = file_format is Format.JSON
    parts = []
    for place, column in enumerate(columns):
        opening = "," if place else ",\n{" if is_array else "{"
        parts.append(literal(f"{opening}{json.dumps(column.name, ensure_ascii=False)}:"))
        parts.append(json_value(f"c{place}", parse_type(column.type), options.timezone))
    parts.append("'}'" if is_array else "'}\n'")
    return LinesPlan(
        cells=", ".join(f"{column.expression} AS c{place}" for place, column in enumerate(columns)),
        line=f"concat({', '.join(parts)})",
        prefix=b"[" if is_array else b"",
        suffix=b"\n]\n" if is_array else b"",
        skipped=len(",") if is_array else 0,
        packing=options.compression,
    )
