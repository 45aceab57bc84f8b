"""Control totals of a selection as SQL: one row, four values for each column."""

import re
from collections.abc import Sequence

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.manifest import ColumnTotals
from exports_pipeline.writers.sql_text import identifier

_DECIMAL = re.compile(r"DECIMAL\((\d+),")
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_ORDERED = {*_INTEGERS, "HUGEINT", "UHUGEINT", "FLOAT", "DOUBLE", "DATE", "TIME"}
_SAFE_DIGITS = 28
"""A sum over 10^10 rows of wider decimals may not fit into 38 digits, and would fail the export."""


def totals_sql(columns: Sequence[Column]) -> str:
    """The select list; sums of floating point are left out, since they depend on the order of the rows."""
    return ", ".join(value for column in columns for value in _of_column(column))


def totals_of(columns: Sequence[Column], row: Sequence[str | None]) -> tuple[ColumnTotals, ...]:
    """The row that answers, column by column."""
    values = iter(row)
    return tuple(
        ColumnTotals(
            name=column.name, nulls=int(next(values) or 0), min=next(values), max=next(values), sum=next(values)
        )
        for column in columns
    )


def is_summed(column: Column) -> bool:
    """Whether the values of a column are shown, and add up to an exact sum."""
    kind = column.type.upper()
    wide = _DECIMAL.match(kind)
    return column.sensitive is None and (kind in _INTEGERS or (wide is not None and int(wide[1]) <= _SAFE_DIGITS))


def _of_column(column: Column) -> list[str]:
    name, kind = identifier(column.name), column.type.upper()
    is_shown = column.sensitive is None
    is_ordered = is_shown and (kind in _ORDERED or kind.startswith(("DECIMAL", "TIMESTAMP")))
    return [
        f"count(*) - count({name})",
        f"CAST(min({name}) AS VARCHAR)" if is_ordered else "NULL",
        f"CAST(max({name}) AS VARCHAR)" if is_ordered else "NULL",
        f"CAST(sum({name}) AS VARCHAR)" if is_summed(column) else "NULL",
    ]
