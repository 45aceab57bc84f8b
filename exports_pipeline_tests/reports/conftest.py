"""Building reports as somebody: over the sample warehouse, and over small tables."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.attestation import unattested
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.local.sample import build_sample
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.usecases.ask_question import ask_question
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.tables import Tables


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where reports are asked for."""

    warehouse: Any
    catalog: Catalog
    templates: Any

    def report(self, template, who=None, *, today=date(2024, 3, 15), attest=unattested, **given):
        """The report of a template, as demo unless told otherwise."""
        who, found = who or requester("demo"), self.templates.find(template)
        values = found.check(given, catalog=self.catalog, requester=who)
        with self.warehouse.open() as session:
            return found.build(
                values,
                lambda question: ask_question(question, who, catalog=self.catalog, session=session, tick=lambda: None),
                today=today,
                attest=attest,
            )


@pytest.fixture(scope="session")
def sample_desk(tmp_path_factory):
    """The sample, seventy days long."""
    path, catalogue = build_sample(tmp_path_factory.mktemp("home"), days=70)
    warehouse = DuckDbWarehouse(path, mask_key=b"k" * 32)
    return Desk(warehouse=warehouse, catalog=read_yaml_catalog(catalogue, warehouse), templates=load_templates(None))


@pytest.fixture
def desk_of(tmp_path):
    """A desk over the public dataset `trial` made of SQL; `sensitive` says how columns are redacted."""

    def desk(query, *, sensitive=None, **about):
        tables = Tables(tmp_path)
        dataset = tables.dataset(query, name="trial", **{"public": "owner" not in about, **about})
        columns = tuple(replace(each, sensitive=(sensitive or {}).get(each.name)) for each in dataset.columns)
        catalog = Catalog((replace(dataset, columns=columns),))
        return Desk(warehouse=tables.warehouse, catalog=catalog, templates=load_templates(None))

    return desk
