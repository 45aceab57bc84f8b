"""Reads a catalogue written in YAML."""

from collections.abc import Mapping
from pathlib import Path

from exports_pipeline.adapters.catalog_entry import parse_dataset
from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_fit import fit_catalog
from exports_pipeline.adapters.catalog_problems import Problems
from exports_pipeline.adapters.catalog_schema import Schema
from exports_pipeline.adapters.yaml_file import load_yaml
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.errors import InvalidCatalog

VERSION = 1


def read_yaml_catalog(path: Path, schema: Schema) -> Catalog:
    """Read a catalogue and check it against the warehouse.

    Raises:
        InvalidCatalog: everything that is wrong with it, one problem a line.
    """
    document = load_yaml(path, InvalidCatalog)
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
