"""Derives a catalogue from the warehouse itself: every table and view is a dataset for administrators."""

import re
from collections import Counter
from collections.abc import Mapping

import structlog

from exports_pipeline.adapters.catalog_entry import humanised
from exports_pipeline.adapters.catalog_schema import Schema, is_time
from exports_pipeline.core.catalog import Catalog, Column, Dataset, Grain, TimeColumn
from exports_pipeline.core.errors import InvalidCatalog, QueryFailed, WarehouseUnavailable

_log = structlog.get_logger()
_FOREIGN = re.compile(r"[^a-z0-9]+")


def derive_catalog(schema: Schema) -> Catalog:
    """Make one dataset of every table and view, with all columns, for administrators only.

    Nobody has said who owns the rows, so nobody but an administrator may see them. A relation with exactly one DATE or
    TIMESTAMP column can be filtered by date; with several, only a catalogue can say which one is meant. A view that
    cannot be read is left out and logged.

    Raises:
        InvalidCatalog: the warehouse has no table and no view.
        WarehouseBusy, WarehouseUnavailable: the warehouse cannot be opened.
    """
    relations = sorted(schema.relation_names())
    if not relations:
        raise InvalidCatalog("The warehouse has no table and no view; look at EXPORTS_WAREHOUSE.")
    names = dataset_names(relations)
    datasets = (_dataset(names[relation], relation, schema) for relation in relations)
    return Catalog(tuple(dataset for dataset in datasets if dataset))


def dataset_names(relations: list[str]) -> dict[str, str]:
    """A dataset name for every relation; the second relation of a name gets `_2` behind it."""
    names: dict[str, str] = {}
    used: Counter[str] = Counter()
    for relation in relations:
        name = dataset_name(relation)
        while used[name]:
            used[name] += 1
            name = f"{name}_{used[name]}"
        used[name] += 1
        names[relation] = name
    return names


def dataset_name(text: str) -> str:
    """The text with everything but a-z and 0-9 made `_`, beginning with a letter, at most 90 characters."""
    name = _FOREIGN.sub("_", text.casefold()).strip("_") or "dataset"
    return (name if name[0].isalpha() else f"t_{name}")[:90]


def the_time_column(types: Mapping[str, str]) -> TimeColumn | None:
    """The time column of a relation that has exactly one DATE or TIMESTAMP; None otherwise."""
    times = [name for name, kind in types.items() if is_time(kind)]
    if len(times) != 1:
        return None
    return TimeColumn(column=times[0], grain=Grain.DAY if types[times[0]] == "DATE" else Grain.SECOND)


def _dataset(name: str, relation: str, schema: Schema) -> Dataset | None:
    try:
        types = schema.relation_types(relation)
    except (QueryFailed, WarehouseUnavailable) as error:
        _log.warning("relation_left_out", relation=relation, reason=str(error.__cause__ or error))
        return None
    if not types:
        return None
    return Dataset(
        name=name,
        title=humanised(name),
        description=f"Every row of {relation}; for administrators, since no catalogue says whose rows they are.",
        relation=relation,
        columns=tuple(Column(name=column, type=kind) for column, kind in types.items()),
        time=the_time_column(types),
    )
