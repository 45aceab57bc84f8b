"""What a catalogue must know of the warehouse: the names of its relations and the types of their columns."""

from collections.abc import Mapping
from typing import Protocol

_INTEGERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_OWNERS = _INTEGERS | {"VARCHAR", "UUID"}
_TIMES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"})
_NO_SCALARS = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "INTERVAL", "JSON", "VARIANT", "GEOMETRY")


class Schema(Protocol):
    """The relations of a warehouse and the DuckDB types of their columns."""

    def relation_names(self) -> list[str]:
        """Every table and view; those outside schema `main` are qualified, as `finance.bookings`."""

    def relation_types(self, relation: str) -> Mapping[str, str] | None:
        """Column names with their types, in order; None if there is no such table or view."""

    def query_types(self, sql: str) -> Mapping[str, str]:
        """Column names of a SELECT with their types, in order.

        Raises:
            QueryFailed: it is no SELECT, or does not fit the warehouse.
        """


def is_time(kind: str) -> bool:
    """Whether a date filter can look at a column of this type."""
    return kind in _TIMES


def is_owner(kind: str) -> bool:
    """Whether a column of this type can hold owner keys: integers, texts, UUIDs or a LIST of them."""
    return kind.removesuffix("[]") in _OWNERS


def is_scalar(kind: str) -> bool:
    """Whether a value of this type can be written in a filter as one text."""
    return not kind.endswith("]") and not kind.startswith(_NO_SCALARS)


def is_tag(kind: str) -> bool:
    """Whether a column of this type can hold tags: one, or a LIST of them."""
    return is_scalar(kind.removesuffix("[]"))
