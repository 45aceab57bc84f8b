"""Whether a text can be a value of a column's type."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

_INTEGER_BITS = {
    "TINYINT": (True, 8),
    "SMALLINT": (True, 16),
    "INTEGER": (True, 32),
    "BIGINT": (True, 64),
    "HUGEINT": (True, 128),
    "UTINYINT": (False, 8),
    "USMALLINT": (False, 16),
    "UINTEGER": (False, 32),
    "UBIGINT": (False, 64),
    "UHUGEINT": (False, 128),
}


def has_type(text: str, kind: str) -> bool:
    """Whether the text reads as one value of a DuckDB type; of a LIST, as one of its elements."""
    kind = kind.removesuffix("[]").upper()
    if kind in _INTEGER_BITS:
        return _is_integer(text, *_INTEGER_BITS[kind])
    try:
        if kind == "UUID":
            UUID(text)
        elif kind == "DATE":
            date.fromisoformat(text)
        elif kind.startswith("TIMESTAMP"):
            datetime.fromisoformat(text)
        elif kind.startswith("DECIMAL") or kind in {"DOUBLE", "FLOAT"}:
            return Decimal(text).is_finite()
        elif kind == "BOOLEAN":
            return text.lower() in {"true", "false"}
    except (ValueError, InvalidOperation):
        return False
    return True


def _is_integer(text: str, signed: bool, bits: int) -> bool:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 39):
        return False
    half = 1 << (bits - 1)
    return -half <= int(text) < half if signed else 0 <= int(text) < 2 * half
