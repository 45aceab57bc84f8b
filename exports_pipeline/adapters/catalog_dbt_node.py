"""One node of a dbt manifest, told in the words of our own catalogue."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from exports_pipeline.adapters.catalog_derived import dataset_name, the_time_column
from exports_pipeline.adapters.catalog_entry import DATASET_KEYS
from exports_pipeline.adapters.catalog_schema import Schema
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.writers.sql_text import identifier

EXPORT_KEYS = tuple(key for key in DATASET_KEYS if key not in {"relation", "sql", "source", "types", "columns"})
"""What `meta.export` of a node may hold: where the rows are and what the columns are, the node says itself."""

_PERSONAL = re.compile(r"\bPII\b")


class DbtNode:
    """A model, seed, snapshot or source, with what `catalog.json` knows of it."""

    def __init__(self, unique_id: str, node: Mapping[str, Any], observed: Mapping[str, Any]) -> None:
        self.unique_id = unique_id
        self._node = node
        self._observed = observed

    @property
    def is_model(self) -> bool:
        """Whether it is a model."""
        return bool(self._node.get("resource_type") == "model")

    @property
    def is_ephemeral(self) -> bool:
        """Whether dbt builds no relation for it."""
        return _mapping(self._node, "config").get("materialized") == "ephemeral"

    @property
    def export(self) -> Any:
        """What stands under `meta.export`, or under `config.meta.export`; None if nothing does."""
        return _meta(self._node)

    @property
    def dataset_name(self) -> str:
        """The name of the dataset: `meta.export.name`, or made of the node's."""
        given = self.export.get("name") if isinstance(self.export, Mapping) else None
        if isinstance(given, str) and given.strip():
            return given.strip()
        version = self._node.get("version")
        return dataset_name(f"{self._node.get('name')}" + (f"_v{version}" if version is not None else ""))

    @property
    def is_withheld(self) -> bool:
        """Whether `meta.export` is false."""
        return self.export is False

    def relation_in(self, schema: Schema) -> str | None:
        """The relation of the node in the warehouse; None if it is not there."""
        return next((name for name in self._spellings() if schema.relation_types(name) is not None), None)

    def as_dataset(self, schema: Schema) -> dict[str, Any]:
        """The node as a dataset of the YAML catalogue: `meta.export`, completed with what the node says."""
        relation = self.relation_in(schema)
        types = (schema.relation_types(relation) if relation else None) or {}
        dataset: dict[str, Any] = {
            "name": self.dataset_name,
            "description": self._node.get("description") or _mapping(self._observed, "metadata").get("comment"),
            "tags": [tag for tag in self._node.get("tags") or [] if isinstance(tag, str) and tag.strip()],
            "relation": relation or self._spellings()[0],
            "columns": [self._column(name) for name in types] or None,
        }
        given = self.export
        if isinstance(given, Mapping):
            dataset |= {key: value for key, value in given.items() if key in EXPORT_KEYS and value is not None}
        elif given is None and (time := the_time_column(types)):
            dataset["time"] = {"column": time.column, "grain": str(time.grain)}
        if isinstance(dataset.get("time"), str):
            dataset["time"] = {"column": dataset["time"]}
        return dataset

    def problems(self, schema: Schema) -> Iterator[tuple[str, str]]:
        """What is wrong with it that the words of our catalogue cannot say: fields with sentences."""
        given = self.export
        if isinstance(given, Mapping):
            for key in given:
                if key not in EXPORT_KEYS:
                    yield f"meta.export.{key}", f"unknown key; known are {', '.join(EXPORT_KEYS)}"
        elif given not in (None, True):
            yield "meta.export", f"must be a mapping as {{owner: user_id}}, or true or false, is {given!r}"
        relation = self.relation_in(schema)
        if relation is None:
            return
        actual = {name.casefold() for name in schema.relation_types(relation) or {}}
        for name, column in _mapping(self._node, "columns").items():
            # A column that is only described may be gone; one that is to be hidden was perhaps renamed, and would show.
            if name.casefold() not in actual and isinstance(column, Mapping) and _is_guarded(column):
                yield f"columns.{name}", f"no column {name} in relation {relation}, but it is marked as sensitive"

    def _spellings(self) -> tuple[str, ...]:
        name = _part(self._node.get("identifier") or self._node.get("alias") or self._node.get("name"))
        if not self._node.get("schema"):
            return (name,)
        schema = _part(self._node["schema"])
        return (name, f"{schema}.{name}") if schema == "main" else (f"{schema}.{name}", name)

    def _column(self, name: str) -> dict[str, Any]:
        described = _found(_mapping(self._node, "columns"), name)
        observed = _found(_mapping(self._observed, "columns"), name)
        export = _meta(described)
        said = export if isinstance(export, Mapping) else {}
        return {
            "name": name,
            "title": said.get("title"),
            "unit": said.get("unit"),
            "description": described.get("description") or observed.get("comment"),
            "sensitive": _sensitive(described),
            "class": said.get("class"),
            "scan": said.get("scan"),
        }


def _part(name: Any) -> str:
    """A name as a part of a relation: in quotes where it has a dot or a quote in it."""
    return identifier(str(name)) if {".", '"'} & set(str(name)) else str(name)


def _sensitive(column: Mapping[str, Any]) -> Any:
    """How a column is hidden: as `meta.export.sensitive` says.

    Where that is silent, a tag `pii` or the word PII in the description mask it, unless a class is named;
    `false` and `none` show a column in spite of its description.
    """
    export = _meta(column)
    if isinstance(export, Mapping) and export.get("sensitive") is not None:
        word = export["sensitive"]
        return None if word is False or word == "none" else Sensitivity.MASK if word is True else word
    if isinstance(export, Mapping) and export.get("class"):
        return None
    tags = [str(tag).casefold() for tag in column.get("tags") or _mapping(column, "config").get("tags") or []]
    personal = "pii" in tags or _PERSONAL.search(str(column.get("description") or ""))
    return Sensitivity.MASK if personal else None


def _is_guarded(column: Mapping[str, Any]) -> bool:
    export = _meta(column)
    said = export if isinstance(export, Mapping) else {}
    return bool(_sensitive(column) is not None or said.get("class") or said.get("scan"))


def _meta(of: Mapping[str, Any]) -> Any:
    """What stands under `export` in the meta of a node or column; dbt 1.10 moved meta into config."""
    given = _mapping(of, "meta").get("export")
    return _mapping(_mapping(of, "config"), "meta").get("export") if given is None else given


def _found(columns: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A column's entry, whatever the case of its letters."""
    return next(
        (found for key in columns if key.casefold() == name.casefold() if (found := _mapping(columns, key))), {}
    )


def _mapping(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, Mapping) else {}
