"""What a DuckDB type says of its values."""

import re
from decimal import ROUND_CEILING, Decimal

_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
_UNSIGNED = frozenset({"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"})
_FLOATS = frozenset({"DOUBLE", "FLOAT"})
_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_SHORTEST_DECIMAL = (18, 3)
"""Digits of a DECIMAL that says nothing of them, before and behind the point together, and behind it."""


def is_number(kind: str) -> bool:
    """Whether a DuckDB type is that of a number."""
    return kind in _INTEGERS | _UNSIGNED | _FLOATS or kind.startswith("DECIMAL")


def is_float(kind: str) -> bool:
    """Whether values of a DuckDB type may be NaN or infinite."""
    return kind in _FLOATS


def is_time(kind: str) -> bool:
    """Whether a DuckDB type has a date."""
    return kind == "DATE" or kind.startswith("TIMESTAMP")


def decimal_digits(kind: str) -> tuple[int, int]:
    """All digits of a DECIMAL, and those behind the point."""
    found = _DECIMAL.match(kind)
    return (int(found[1]), int(found[2])) if found else _SHORTEST_DECIMAL


def coarse_step(step: str, kind: str) -> str:
    """A step in the grain of a type of numbers, rounded up; empty where it would change no value of it."""
    wanted = Decimal(step)
    if is_float(kind):
        return f"{wanted:f}"
    grain = Decimal(1).scaleb(-decimal_digits(kind)[1]) if kind.startswith("DECIMAL") else Decimal(1)
    rounded = wanted.quantize(grain, rounding=ROUND_CEILING)
    return f"{rounded.normalize():f}" if rounded > grain else ""
