"""Exports of real rows into a real S3 protocol, where the surroundings can go wrong."""

import pytest

from exports_pipeline.adapters.object_store import S3ObjectStore
from exports_pipeline.core.catalog import Catalog
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture
def sales(tables):
    return tables.dataset("SELECT 'ann' AS seller, i AS sale FROM range(1000) r(i)", name="sales", owner="seller")


@pytest.fixture
def ports(tables, sales, gate):
    objects = S3ObjectStore(gate.client(), "exports")
    return fake_ports(catalog=Catalog((sales,)), warehouse=tables.warehouse, objects=objects)
