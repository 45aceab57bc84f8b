"""The types that a catalogue declares for rows of Postgres, which cannot be asked when the catalogue is read."""

from collections.abc import Mapping

from exports_pipeline.adapters.catalog_entry import DatasetEntry
from exports_pipeline.adapters.catalog_problems import Problems
from exports_pipeline.adapters.postgres_types import TYPES_IN_WORDS, declared_type


def declared_types(entry: DatasetEntry, problems: Problems) -> Mapping[str, str]:
    """DuckDB types of all columns that an entry names; what is wrong with them becomes a problem."""
    if entry.columns is None:
        problems.add(
            "name every column with its type; Postgres is not asked for them", dataset=entry.label, field="columns"
        )
    given = {column.name: column.type for column in entry.columns or ()} | dict(entry.types)
    types = {}
    for name, text in given.items():
        kind = declared_type(text) if text else None
        if kind is None:
            says = f"{text} is no type of these: {TYPES_IN_WORDS}" if text else "is missing"
            problems.add(says, dataset=entry.label, field=f"columns.{name}.type")
        types[name] = kind or "VARCHAR"
    return types


def refuse_declared(entry: DatasetEntry, problems: Problems) -> None:
    """Note every type that stands where the warehouse itself knows better."""
    named = [f"columns.{column.name}.type" for column in entry.columns or () if column.type]
    for field in (*named, *(f"types.{name}" for name in entry.types)):
        problems.add("types come from the warehouse; leave it out", dataset=entry.label, field=field)
