"""Reads a catalogue written in YAML."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from exports_pipeline.adapters.catalog_entry import parse_dataset
from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_fit import fit_catalog
from exports_pipeline.adapters.catalog_problems import Problems
from exports_pipeline.adapters.catalog_schema import Schema
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.errors import InvalidCatalog

VERSION = 1


def read_yaml_catalog(path: Path, schema: Schema) -> Catalog:
    """Read a catalogue and check it against the warehouse.

    Raises:
        InvalidCatalog: everything that is wrong with it, one problem a line.
    """
    document = _load(path)
    if not isinstance(document, Mapping):
        raise InvalidCatalog(f"{path.name}: line 1: must be a mapping with the keys version and datasets")
    problems = Problems(path.name)
    fields = Fields(document, problems, dataset=None)
    fields.refuse_unknown(("version", "datasets"))
    version = fields.given("version")
    if version != VERSION or isinstance(version, bool):
        fields.complain("version", f"must be {VERSION}, is {version!r}" if version is not None else "is missing")
    if fields.given("datasets") is None:
        fields.complain("datasets", "is missing")
    listed = enumerate(fields.listed("datasets") or (), start=1)
    entries = [parse_dataset(given, problems, position=position) for position, given in listed]
    known = [entry for entry in entries if entry is not None]
    return fit_catalog(known, schema=schema, problems=problems, folder=path.parent)


def _load(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidCatalog(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidCatalog(f"{path.name}: line {line}: is no UTF-8 text") from error
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InvalidCatalog(f"{path.name}: line {line}: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise InvalidCatalog(f"{path.name}: line {line}: {error.reason}") from error
    except (RecursionError, ValueError) as error:
        # PyYAML lets these through for texts nested without end and for dates as 2024-99-99.
        raise InvalidCatalog(f"{path.name}: is no readable YAML: {error}") from error


class _Loader(yaml.SafeLoader):
    """A SafeLoader that takes no key twice: YAML forbids it, PyYAML keeps the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            spelling = (key.tag, str(key.value))
            if spelling in seen and not key.tag.endswith(":merge"):
                problem = f"the key {key.value} stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(spelling)
        return super().construct_mapping(node, deep)
