"""Reads a catalogue written in YAML."""

from pathlib import Path

from exports_pipeline.adapters.catalog_entry import parse_dataset
from exports_pipeline.adapters.catalog_fit import fit_catalog
from exports_pipeline.adapters.catalog_schema import Schema
from exports_pipeline.adapters.operators_file import open_fields
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.errors import InvalidCatalog


def read_yaml_catalog(path: Path, schema: Schema) -> Catalog:
    """Read a catalogue and check it against the warehouse.

    Raises:
        InvalidCatalog: everything that is wrong with it, one problem a line.
    """
    keys = ("version", "datasets")
    fields, problems = open_fields(path, InvalidCatalog, keys, required=keys)
    listed = enumerate(fields.listed("datasets") or (), start=1)
    entries = [parse_dataset(given, problems, position=position) for position, given in listed]
    known = [entry for entry in entries if entry is not None]
    return fit_catalog(known, schema=schema, problems=problems, folder=path.parent)
