"""Finds the catalogue that the settings ask for and checks it against the warehouse."""

from pathlib import Path

from exports_pipeline.adapters.catalog_dbt import read_dbt_catalog
from exports_pipeline.adapters.catalog_derived import derive_catalog
from exports_pipeline.adapters.catalog_schema import Schema
from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.adapters.redaction_yaml import policy_name, read_policy, with_policy
from exports_pipeline.adapters.system_datasets import with_system_datasets
from exports_pipeline.adapters.warehouse import make_warehouse
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.errors import InvalidCatalog
from exports_pipeline.settings import Settings

SAMPLE_CATALOG = Path(__file__).parents[1] / "local" / "sample_catalog.yaml"
"""The catalogue of the sample warehouse."""


def load_catalog(settings: Settings) -> Catalog:
    """Read the catalogue of the settings and check it against the warehouse; the datasets of the system come last.

    What is done to columns with a class is decided by the redaction policy of the settings.

    Raises:
        InvalidCatalog: as `read_catalog`.
        InvalidRedaction: the policy cannot be followed, or does not know a class.
        WarehouseBusy, WarehouseUnavailable: the warehouse cannot be opened.
    """
    warehouse = make_warehouse(settings)
    catalog = read_catalog(settings, warehouse)
    complete = with_system_datasets(catalog, warehouse) if settings.system_datasets else catalog
    return with_policy(complete, read_policy(settings.redaction), name=policy_name(settings.redaction))


def read_catalog(settings: Settings, schema: Schema) -> Catalog:
    """Read the deployment's catalogue: a YAML, a dbt manifest, one derived from the warehouse, or the sample's.

    Raises:
        InvalidCatalog: everything that is wrong with it, one problem a line.
    """
    path = settings.catalog
    if path is None:
        return derive_catalog(schema) if settings.warehouse else read_yaml_catalog(SAMPLE_CATALOG, schema)
    match path.suffix.lower():
        case ".yaml" | ".yml":
            return read_yaml_catalog(path, schema)
        case ".json":
            return read_dbt_catalog(path, schema)
    raise InvalidCatalog(f"{path}: EXPORTS_CATALOG takes a catalogue .yaml, .yml or a dbt manifest.json")
