"""Values made coarse in SQL: dates to the first of their month, numbers to a multiple of a step, towards zero."""

from decimal import Decimal

from exports_pipeline.core.value_types import decimal_digits, is_float, is_time
from exports_pipeline.writers.sql_text import literal

_GREATEST = {
    "TINYINT": 2**7, "SMALLINT": 2**15, "INTEGER": 2**31, "BIGINT": 2**63, "HUGEINT": 2**127,
    "UTINYINT": 2**8, "USMALLINT": 2**16, "UINTEGER": 2**32, "UBIGINT": 2**64, "UHUGEINT": 2**128,
}  # fmt: skip
"""Values of an integer type lie below."""


def truncated(cell: str, kind: str, step: str) -> str:
    """A cell of a DuckDB type of numbers or times, made coarse in that type; NULL and the infinities stay.

    Exact numbers are reckoned in their own type and never as floating point. A step must have no more digits behind the
    point than the type.
    """
    if is_time(kind):
        return f"CAST(date_trunc('month', {cell}) AS {kind})"
    if is_float(kind):
        whole = f"trunc(CAST({cell} AS DOUBLE) / {step}) * {step}"
        return f"CASE WHEN isfinite({cell}) THEN CAST({whole} AS {kind}) ELSE {cell} END"
    if Decimal(step) >= _bound(kind):
        return f"CASE WHEN {cell} IS NOT NULL THEN CAST(0 AS {kind}) END"
    return f"CAST({cell} - {cell} % CAST({literal(step)} AS {kind}) AS {kind})"


def _bound(kind: str) -> Decimal:
    if kind.startswith("DECIMAL"):
        digits, behind = decimal_digits(kind)
        return Decimal(10) ** (digits - behind)
    return Decimal(_GREATEST[kind])
