"""A selection as SQL: identifiers from the catalogue, everything else bound.

Values are cast to the type of their column and never the column to text, so that DuckDB skips the row groups
whose zone maps exclude them.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from exports_pipeline.core.filters import Selection, day_window
from exports_pipeline.core.values import has_type
from exports_pipeline.writers.sql_text import Parameters, identifier

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
_LIST = re.compile(r"\[\d*\]$")


def relation_name(relation: str) -> str:
    """A relation of the catalogue quoted for SQL: `main.x` has a schema, `"a.b"` has a dot in its name."""
    parts = (quoted.replace('""', '"') or bare for quoted, bare in _PART.findall(relation))
    return ".".join(identifier(part) for part in parts)


def source(selection: Selection) -> str:
    """What the rows come from, for FROM."""
    if selection.dataset.sql is not None:
        return f"(\n{selection.dataset.sql.strip().rstrip(';')}\n) AS dataset_rows"
    return relation_name(selection.dataset.relation or selection.dataset.name)


def _sampled(selection: Selection) -> str:
    """The sample is taken of the source, before any filter: the blocks left out are never read."""
    percent = selection.sample_percent
    return "" if percent is None else f" TABLESAMPLE {int(percent)}% (system)"


def rows(selection: Selection, parameters: Parameters) -> str:
    """FROM and WHERE of the selected rows."""
    conditions = [*_owned(selection, parameters), *_dated(selection, parameters), *_listed(selection, parameters)]
    found = _from_where(selection, conditions)
    if selection.limit is None:
        return found
    names = ", ".join(identifier(column.name) for column in selection.columns)
    return f"FROM (SELECT {names} {found} LIMIT {int(selection.limit)}) AS first_rows"


def owned_rows_with(selection: Selection, column: str, values: Sequence[str], parameters: Parameters) -> str:
    """FROM and WHERE of the rows of the selection's owner that have one of the values, whatever else it filters."""
    wanted = _any_of(column, selection.dataset.types[column], values, parameters)
    return _from_where(selection, [*_owned(selection, parameters), wanted])


def is_list(kind: str) -> bool:
    """Whether a type's text is that of a list or an array."""
    return _LIST.search(kind) is not None


def element_type(kind: str) -> str:
    """The type of the elements of a list, or the type itself."""
    return _LIST.sub("", kind)


def _from_where(selection: Selection, conditions: list[str]) -> str:
    return f"FROM {source(selection)}{_sampled(selection)}" + (
        f" WHERE {' AND '.join(conditions)}" if conditions else ""
    )


def _owned(selection: Selection, parameters: Parameters) -> list[str]:
    dataset, key = selection.dataset, selection.owner_key
    if key is None:
        return []
    if dataset.owner is None:
        return ["false"]
    kind = dataset.types[dataset.owner]
    element, name = element_type(kind), identifier(dataset.owner)
    # A cast would make 13 of '12.7': a key that is no value of the type owns nothing.
    if "\x00" in key or not has_type(key, element):
        return ["false"]
    value = f"TRY_CAST({parameters.bind(key)} AS {element})"
    return [f"list_contains({name}, {value})" if is_list(kind) else f"{name} = {value}"]


def _dated(selection: Selection, parameters: Parameters) -> list[str]:
    time = selection.dataset.time
    if time is None:
        return []
    kind, name = selection.dataset.types[time.column], identifier(time.column)
    if kind == "DATE":
        days = ((">=", selection.start_date), ("<=", selection.end_date))
        return [f"{name} {sign} CAST({parameters.bind(day)} AS DATE)" for sign, day in days if day]
    since, until = day_window(selection.start_date, selection.end_date, selection.timezone)
    column = name if kind.startswith("TIMESTAMP") else f"TRY_CAST({name} AS TIMESTAMP)"
    kind = kind if kind.startswith("TIMESTAMP") else "TIMESTAMP"
    edges = ((">=", since), ("<", until))
    return [f"{column} {sign} CAST({parameters.bind(_utc(edge, kind))} AS {kind})" for sign, edge in edges if edge]


def _utc(instant: datetime, kind: str) -> str:
    """An instant as DuckDB reads it; a TIMESTAMP column holds UTC."""
    text = instant.replace(tzinfo=None).isoformat(sep=" ")
    return text if kind in {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"} else f"{text}+00"


def _listed(selection: Selection, parameters: Parameters) -> list[str]:
    dataset = selection.dataset
    wanted = ((dataset.account, selection.account_ids), (dataset.tag, selection.tag_ids))
    return [
        _any_of(column, dataset.types[column], values, parameters) for column, values in wanted if column and values
    ] + [_any_or_none(name, dataset.types[name], values, parameters) for name, values in selection.values]


def _any_or_none(column: str, kind: str, values: Sequence[str], parameters: Parameters) -> str:
    """As `_any_of`; '' stands for rows that have no value."""
    some = _any_of(column, kind, [value for value in values if value], parameters)
    name = identifier(column)
    nothing = f"coalesce(len({name}), 0) = 0" if is_list(kind) else f"{name} IS NULL"
    return f"({some} OR {nothing})" if "" in values else some


def _any_of(column: str, kind: str, values: Sequence[str], parameters: Parameters) -> str:
    element = element_type(kind)
    # What DuckDB reads differently than `has_type` becomes NULL, which no row has.
    wanted = f"TRY_CAST({parameters.bind([value for value in values if has_type(value, element)])} AS {element}[])"
    name = identifier(column)
    return f"list_has_any({name}, {wanted})" if is_list(kind) else f"list_contains({wanted}, {name})"
