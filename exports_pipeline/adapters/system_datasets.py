"""The datasets that are about the service itself: packaged, and there beside those of the deployment."""

from dataclasses import replace
from pathlib import Path

import structlog

from exports_pipeline.adapters.catalog_schema import Schema
from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.core.catalog import Catalog

SYSTEM_CATALOG = Path(__file__).parents[1] / "system_datasets.yaml"
_log = structlog.get_logger()


def with_system_datasets(catalog: Catalog, schema: Schema) -> Catalog:
    """The catalogue of a deployment, then the packaged datasets; of two with one name or id, the deployment's stays."""
    names = {dataset.name for dataset in catalog}
    ids = {dataset.id for dataset in catalog}
    added = []
    for dataset in read_yaml_catalog(SYSTEM_CATALOG, schema):
        if dataset.name in names or dataset.id in ids:
            _log.warning("system_dataset_replaced", dataset=dataset.name, by="the catalogue of the deployment")
        else:
            added.append(replace(dataset, is_packaged=True))
    return Catalog((*catalog, *added))
