"""The catalogue of datasets about the service itself, beside that of the deployment."""

from exports_pipeline.adapters.catalog import load_catalog
from exports_pipeline.adapters.system_datasets import SYSTEM_CATALOG, with_system_datasets
from exports_pipeline.core.catalog import Catalog, Dataset
from exports_pipeline.settings import Settings
from exports_pipeline_tests.fakes.schema import InMemorySchema

NO_SCHEMA = InMemorySchema({})
NAMES = (
    "campaign_metrics",
    "events",
    "exports_ledger",
    "export_insights",
    "user_activity",
    "audit_log",
    "data_access",
    "tick_ledger",
    "deliveries",
)


def test_a_dataset_of_the_deployment_keeps_its_name():
    own = Dataset(name="events", columns=())
    catalog = with_system_datasets(Catalog((own,)), NO_SCHEMA)
    assert [each for each in catalog if each.name == "events"] == [own]
    assert len(list(catalog)) == len(NAMES)


def test_system_datasets_can_be_left_out(tables):
    tables.run("CREATE TABLE own (id INTEGER)")
    names = [
        [each.name for each in load_catalog(Settings(warehouse=tables.path, system_datasets=wanted))]
        for wanted in (True, False)
    ]
    assert names == [["own", *NAMES], ["own"]]


def test_a_packaged_query_names_its_grain():
    for path in sorted((SYSTEM_CATALOG.parent / "system_datasets").glob("*.sql")):
        assert path.read_text().startswith("-- Grain: one row per ")
