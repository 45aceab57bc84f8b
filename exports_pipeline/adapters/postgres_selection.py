"""A selection as SQL of Postgres: identifiers from the catalogue, everything else bound by the driver.

Values become what their column is before they are bound, so that indexes serve, and a value that is none of the
column's type selects nothing instead of failing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from exports_pipeline.adapters.postgres_types import postgres_type
from exports_pipeline.adapters.selection_sql import element_type, is_list, relation_name
from exports_pipeline.core.filters import Selection, day_window
from exports_pipeline.core.values import has_type
from exports_pipeline.writers.sql_text import identifier

_INSTANTS = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


class PostgresParameters:
    """The values bound to one statement."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        """Values by parameter name, as psycopg takes them."""

    def bind(self, value: Any) -> str:
        """Add a value and return the text that stands for it."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


def named(name: str) -> str:
    """A column quoted for a statement with parameters, in which a percent sign stands twice."""
    return identifier(name).replace("%", "%%")


def source(selection: Selection) -> str:
    """What the rows come from, for FROM."""
    dataset = selection.dataset
    if dataset.sql is not None:
        return f"(\n{dataset.sql.replace('%', '%%')}\n) AS dataset_rows"
    return relation_name(dataset.relation or dataset.name).replace("%", "%%")


def rows(selection: Selection, parameters: PostgresParameters) -> str:
    """FROM and WHERE of the selected rows, and their limit."""
    conditions = [*_owned(selection, parameters), *_dated(selection, parameters), *_listed(selection, parameters)]
    limit = "" if selection.limit is None else f" LIMIT {int(selection.limit)}"
    return f"{_from_where(selection, conditions)}{limit}"


def owned_rows_with(selection: Selection, column: str, values: Sequence[str], parameters: PostgresParameters) -> str:
    """FROM and WHERE of the rows of the selection's owner that have one of the values, whatever else it filters."""
    wanted = _any_of(column, selection.dataset.types[column], values, parameters)
    return _from_where(selection, [*_owned(selection, parameters), wanted])


def typed(text: str, kind: str) -> Any:
    """A value of a filter as the driver takes it; the text is one by `has_type`."""
    kind = element_type(kind)
    if kind == "UUID":
        return UUID(text)
    if kind == "DATE":
        return date.fromisoformat(text)
    if kind in _INSTANTS:
        return datetime.fromisoformat(text)
    if kind == "BOOLEAN":
        return text.lower() == "true"
    return text if kind in {"VARCHAR", "TIME"} else Decimal(text)


def _from_where(selection: Selection, conditions: list[str]) -> str:
    return f"FROM {source(selection)}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")


def _owned(selection: Selection, parameters: PostgresParameters) -> list[str]:
    dataset, key = selection.dataset, selection.owner_key
    if key is None:
        return []
    if dataset.owner is None:
        return ["false"]
    kind = dataset.types[dataset.owner]
    if "\x00" in key or not has_type(key, kind):
        return ["false"]
    value = f"{parameters.bind(typed(key, kind))}::{postgres_type(kind)}"
    name = named(dataset.owner)
    return [f"{value} = ANY({name})" if is_list(kind) else f"{name} = {value}"]


def _dated(selection: Selection, parameters: PostgresParameters) -> list[str]:
    time = selection.dataset.time
    if time is None:
        return []
    kind, name = selection.dataset.types[time.column], named(time.column)
    if kind == "DATE":
        days = ((">=", selection.start_date), ("<=", selection.end_date))
        return [f"{name} {sign} {parameters.bind(day)}::date" for sign, day in days if day]
    since, until = day_window(selection.start_date, selection.end_date, selection.timezone)
    edges = ((">=", since), ("<", until))
    return [f"{name} {sign} {_instant(edge, kind, parameters)}" for sign, edge in edges if edge]


def _instant(instant: datetime, kind: str, parameters: PostgresParameters) -> str:
    """An instant beside a column; one without a zone holds UTC."""
    value = instant.replace(tzinfo=None) if kind == "TIMESTAMP" else instant
    return f"{parameters.bind(value)}::{postgres_type(kind)}"


def _listed(selection: Selection, parameters: PostgresParameters) -> list[str]:
    dataset = selection.dataset
    wanted = ((dataset.account, selection.account_ids), (dataset.tag, selection.tag_ids))
    return [
        _any_of(column, dataset.types[column], values, parameters) for column, values in wanted if column and values
    ] + [_any_or_none(name, dataset.types[name], values, parameters) for name, values in selection.values]


def _any_or_none(column: str, kind: str, values: Sequence[str], parameters: PostgresParameters) -> str:
    """As `_any_of`; '' stands for rows that have no value."""
    some = _any_of(column, kind, [value for value in values if value], parameters)
    nothing = f"coalesce(cardinality({named(column)}), 0) = 0" if is_list(kind) else f"{named(column)} IS NULL"
    return f"({some} OR {nothing})" if "" in values else some


def _any_of(column: str, kind: str, values: Sequence[str], parameters: PostgresParameters) -> str:
    element = element_type(kind)
    known = [typed(value, element) for value in values if "\x00" not in value and has_type(value, element)]
    wanted = f"{parameters.bind(known)}::{postgres_type(kind)}[]"
    if is_list(kind):  # && would want arrays of one and the same type
        return f"EXISTS (SELECT 1 FROM unnest({named(column)}) AS element WHERE element = ANY({wanted}))"  # noqa: S608 - names are quoted, values bound
    return f"{named(column)} = ANY({wanted})"
