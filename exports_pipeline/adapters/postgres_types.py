"""The DuckDB types that rows of Postgres may be declared as, and how each of them gets here without loss."""

import re
from dataclasses import dataclass

import pyarrow as pa

from exports_pipeline.adapters.selection_sql import element_type, is_list

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WIDEST = 38
_INTEGERS = ("int2", "int4", "int8")


@dataclass(frozen=True)
class _Kind:
    """How values of one type travel."""

    arrow: pa.DataType
    """What their text is read as; a value that does not fit is an error, never rounded."""
    postgres: str
    """The type that values of a filter are cast to."""
    fits: tuple[str, ...]
    """The types of Postgres, by their names in `pg_type`, that hold nothing else; none: any."""
    sent: str = "{}::text"
    """The column in Postgres as it is sent."""
    restored: str = "{}"
    """What was read, in DuckDB, before it is cast to its type."""


_KINDS = {
    "BOOLEAN": _Kind(pa.bool_(), "boolean", ("bool",), sent="{}"),
    "SMALLINT": _Kind(pa.int16(), "bigint", ("int2",)),
    "INTEGER": _Kind(pa.int32(), "bigint", ("int2", "int4")),
    "BIGINT": _Kind(pa.int64(), "bigint", _INTEGERS),
    "HUGEINT": _Kind(pa.decimal128(_WIDEST, 0), "numeric", (*_INTEGERS, "numeric")),
    "FLOAT": _Kind(pa.float32(), "real", ("float4",)),
    "DOUBLE": _Kind(pa.float64(), "double precision", ("float4", "float8")),
    "DATE": _Kind(pa.date32(), "date", ("date",)),
    "TIME": _Kind(pa.time64("us"), "time", ("time",)),
    "TIMESTAMP": _Kind(pa.timestamp("us"), "timestamp", ("timestamp",)),
    "TIMESTAMP WITH TIME ZONE": _Kind(pa.timestamp("us", "UTC"), "timestamptz", ("timestamptz",)),
    "VARCHAR": _Kind(pa.string(), "text", ()),
    "UUID": _Kind(pa.string(), "uuid", ("uuid",)),
    "JSON": _Kind(pa.string(), "text", ("json", "jsonb")),
    "BLOB": _Kind(pa.string(), "bytea", ("bytea",), sent="encode({}, 'hex')", restored="unhex({})"),
}
_SHORT = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "TEXT": "VARCHAR", "BOOL": "BOOLEAN", "INT": "INTEGER"}
_NO_ELEMENTS = {"JSON", "BLOB", "HUGEINT"}

TYPES_IN_WORDS = f"{', '.join(_KINDS)}, DECIMAL(p,s), and lists as VARCHAR[], but of no DECIMAL"
"""For whoever writes a catalogue."""


def declared_type(text: str) -> str | None:
    """A declared type as DuckDB itself spells it; None if rows of Postgres cannot be declared so."""
    spelled = " ".join(text.upper().split()).replace(", ", ",")
    is_listed = spelled.endswith("[]")
    element = spelled.removesuffix("[]")
    element = _SHORT.get(element, element)
    decimal = _DECIMAL.fullmatch(element)
    fits = element in _KINDS or (decimal and int(decimal[2]) <= int(decimal[1]) and 1 <= int(decimal[1]) <= _WIDEST)
    # A list is cast by DuckDB alone, which rounds decimals.
    if not fits or (is_listed and (decimal or element in _NO_ELEMENTS)):
        return None
    return f"{element}[]" if is_listed else element


def arrow_type(kind: str) -> pa.DataType:
    """What the text of a value is read as."""
    return pa.string() if is_list(kind) else _kind(kind).arrow


def sent(name: str, kind: str) -> str:
    """A quoted column as Postgres sends it: as text that says all of its value."""
    return f"to_json({name}::text[])::text" if is_list(kind) else _kind(kind).sent.format(name)


def restored(name: str, kind: str) -> str:
    """A quoted column as DuckDB makes it of what was read, in its declared type."""
    if is_list(kind):
        return f"CAST(CAST(CAST({name} AS JSON) AS VARCHAR[]) AS {kind})"
    return f"CAST({_kind(kind).restored.format(name)} AS {kind})"


def postgres_type(kind: str) -> str:
    """The type of Postgres that the values of a filter are cast to; of a list, that of its elements."""
    return _kind(element_type(kind)).postgres


def fits(kind: str, postgres: str) -> bool:
    """Whether a type of Postgres, by its name in `pg_type`, holds nothing that its declared type does not."""
    if is_list(kind):
        return postgres.startswith("_") and fits(element_type(kind), postgres.removeprefix("_"))
    return not _kind(kind).fits or postgres in _kind(kind).fits


def _kind(kind: str) -> _Kind:
    decimal = _DECIMAL.fullmatch(kind)
    if decimal is None:
        return _KINDS[kind]
    return _Kind(pa.decimal128(int(decimal[1]), int(decimal[2])), "numeric", (*_INTEGERS, "numeric"))
