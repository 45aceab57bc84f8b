"""Reads a catalogue out of a dbt project: `manifest.json`, with `catalog.json` beside it if there is one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exports_pipeline.adapters.catalog_dbt_node import DbtNode
from exports_pipeline.adapters.catalog_entry import DatasetEntry, parse_dataset
from exports_pipeline.adapters.catalog_fit import fit_catalog
from exports_pipeline.adapters.catalog_problems import Problems
from exports_pipeline.adapters.catalog_schema import Schema
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.errors import InvalidCatalog

OLDEST_MANIFEST = 9
"""Oldest manifest whose names we rely on; dbt 1.8 and later write 12."""

_EXPORTABLE = ("model", "seed", "snapshot", "source")


def read_dbt_catalog(path: Path, schema: Schema) -> Catalog:
    """Read the nodes that carry `meta.export` and check them against the warehouse.

    Types are those of the warehouse, which is what a query meets; `catalog.json` adds the comments of the database
    where the project describes nothing. A project without any `meta.export` gives every model that is built, to
    administrators only: a first try shows something, and shows nobody the rows of others.

    Raises:
        InvalidCatalog: everything that is wrong with it, one problem a line.
    """
    manifest = _load(path)
    _check_version(manifest, path.name)
    beside = path.with_name("catalog.json")
    comments = _load(beside) if beside.exists() and beside != path else {}
    problems = Problems(path.name)
    nodes = _nodes(manifest, comments)
    marked = [node for node in nodes if node.export is not None]
    if marked:
        entries = [_entry(node, schema, problems, position) for position, node in enumerate(marked, start=1)]
    else:
        built = [node for node in nodes if node.is_model and node.relation_in(schema)]
        if not built:
            problems.add(
                "no node has meta.export, and none of the models is in the warehouse; run dbt build", field="nodes"
            )
        entries = [_entry(node, schema, problems, position) for position, node in enumerate(built, start=1)]
    known = [entry for entry in entries if entry is not None]
    return fit_catalog(known, schema=schema, problems=problems, folder=path.parent)


def _entry(node: DbtNode, schema: Schema, problems: Problems, position: int) -> DatasetEntry | None:
    for field, sentence in node.problems(schema):
        problems.add(sentence, dataset=f"dataset {node.dataset_name}", field=field)
    return parse_dataset(node.as_dataset(schema), problems, position=position)


def _nodes(manifest: Mapping[str, Any], comments: Mapping[str, Any]) -> list[DbtNode]:
    nodes = []
    for group in ("nodes", "sources"):
        for unique_id, node in _mapping(manifest, group).items():
            if isinstance(node, Mapping) and node.get("resource_type") in _EXPORTABLE:
                nodes.append(DbtNode(unique_id, node, _mapping(_mapping(comments, group), unique_id)))
    exportable = (node for node in nodes if not node.is_ephemeral and not node.is_withheld)
    return sorted(exportable, key=lambda node: node.unique_id)


def _check_version(manifest: Mapping[str, Any], file: str) -> None:
    version = str(_mapping(manifest, "metadata").get("dbt_schema_version") or "")
    digits = version.rpartition("/v")[2].removesuffix(".json")
    if "/manifest/" not in version or not digits.isdigit():
        raise InvalidCatalog(
            f"{file}: metadata.dbt_schema_version: is no manifest of dbt; EXPORTS_CATALOG takes manifest.json"
        )
    if int(digits) < OLDEST_MANIFEST:
        raise InvalidCatalog(
            f"{file}: metadata.dbt_schema_version: is v{digits}; v{OLDEST_MANIFEST} or later is needed"
        )


def _load(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidCatalog(f"{path}: cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise InvalidCatalog(f"{path.name}: line {error.lineno}: is no JSON: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise InvalidCatalog(f"{path.name}: is no readable JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise InvalidCatalog(f"{path.name}: line 1: is no JSON object")
    return document


def _mapping(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, Mapping) else {}
