import duckdb
import pytest

from exports_pipeline.adapters.catalog_derived import dataset_name, dataset_names, derive_catalog
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.catalog import Grain
from exports_pipeline.core.errors import InvalidCatalog
from exports_pipeline.core.refusals import UnknownDataset
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.schema import InMemorySchema


@pytest.fixture
def warehouse(tmp_path):
    path = tmp_path / "own.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute('CREATE TABLE "Monthly Sales 2024" (day DATE, "emp.var.rate" DOUBLE)')
        connection.execute("CREATE SCHEMA finance")
        connection.execute("CREATE TABLE finance.bookings (booked_at TIMESTAMPTZ, valued_on DATE)")
        connection.execute('CREATE TABLE "a.b" (x INTEGER)')
        connection.execute("CREATE TABLE doomed (y INTEGER)")
        connection.execute("CREATE VIEW broken AS SELECT y FROM doomed")
        connection.execute("CREATE VIEW recent AS SELECT TIMESTAMP '2024-01-01' AS \"at\"")
        connection.execute("DROP TABLE doomed")
    return DuckDbWarehouse(path, mask_key=b"k" * 32)


def test_every_readable_table_and_view_is_a_dataset(warehouse):
    datasets = {dataset.name: dataset for dataset in derive_catalog(warehouse)}
    assert set(datasets) == {"a_b", "finance_bookings", "monthly_sales_2024", "recent"}
    assert datasets["monthly_sales_2024"].title == "Monthly sales 2024"
    assert dict(datasets["monthly_sales_2024"].types) == {"day": "DATE", "emp.var.rate": "DOUBLE"}
    assert [column.name for column in datasets["monthly_sales_2024"].columns] == ["day", "emp.var.rate"]


def test_relations_can_be_asked_for_again_by_the_name_in_the_dataset(warehouse):
    for dataset in derive_catalog(warehouse):
        assert warehouse.relation_types(dataset.relation) == dict(dataset.types)


def test_only_a_single_time_column_becomes_the_one_of_the_date_filter(warehouse):
    times = {dataset.name: dataset.time for dataset in derive_catalog(warehouse)}
    assert times["finance_bookings"] is times["a_b"] is None
    assert (times["monthly_sales_2024"].column, times["monthly_sales_2024"].grain) == ("day", Grain.DAY)
    assert (times["recent"].column, times["recent"].grain) == ("at", Grain.SECOND)


def test_nobody_but_an_administrator_sees_a_derived_dataset(warehouse):
    catalog = derive_catalog(warehouse)
    assert catalog.visible_to(requester("ann")) == ()
    assert len(catalog.visible_to(requester("root", "EXPORT_ALL"))) == 4
    with pytest.raises(UnknownDataset):
        catalog.find("recent", requester("ann"))


def test_a_warehouse_without_tables_is_refused():
    with pytest.raises(InvalidCatalog, match="no table and no view"):
        derive_catalog(InMemorySchema({}))


@pytest.mark.parametrize(
    ("text", "name"),
    [("Orders", "orders"), ("2024", "t_2024"), ("a  b--c", "a_b_c"), ("表", "dataset"), ("_x_", "x"), ("ß", "ss")],
)
def test_a_name_is_made_of_letters_and_digits(text, name):
    assert dataset_name(text) == name


def test_names_that_come_out_the_same_are_told_apart():
    names = dataset_names(["A", "a", "a b", "a_b", "表", "示", "a_2"])
    assert list(names.values()) == ["a", "a_2", "a_b", "a_b_2", "dataset", "dataset_2", "a_2_2"]
