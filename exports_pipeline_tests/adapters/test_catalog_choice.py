from pathlib import Path

import duckdb
import pytest

from exports_pipeline.adapters.catalog import load_catalog, read_catalog
from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.errors import InvalidCatalog, WarehouseUnavailable
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.settings import Settings
from exports_pipeline_tests.fakes.schema import InMemorySchema

BERKA = Path(__file__).parents[1] / "berka.yaml"
SCHEMA = InMemorySchema({"bank": {"id": "INTEGER"}})
KEY = b"k" * 32


def test_a_yaml_is_read_as_a_catalogue_whatever_the_case_of_its_ending(tmp_path):
    for name in ("a.yaml", "b.yml", "c.YAML"):
        (tmp_path / name).write_text("{version: 1, datasets: [{name: mine, relation: bank}]}", encoding="utf-8")
        (dataset,) = read_catalog(Settings(catalog=tmp_path / name), SCHEMA)
        assert dataset.name == "mine"


def test_a_json_is_read_as_a_manifest(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidCatalog, match="is no manifest of dbt"):
        read_catalog(Settings(catalog=path), SCHEMA)


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(InvalidCatalog, match=r"catalog\.toml: EXPORTS_CATALOG takes a catalogue"):
        read_catalog(Settings(catalog=tmp_path / "catalog.toml"), SCHEMA)


def test_a_warehouse_alone_gets_a_derived_catalogue(tmp_path):
    (dataset,) = read_catalog(Settings(warehouse=tmp_path / "own.duckdb"), SCHEMA)
    assert (dataset.name, dataset.owner, dataset.public) == ("bank", None, False)


def test_without_any_setting_it_is_the_catalogue_of_the_sample():
    with pytest.raises(InvalidCatalog) as caught:
        read_catalog(Settings(), SCHEMA)
    assert "sample_catalog.yaml: dataset fct_transactions: relation: no table" in caught.value.sentence


def test_a_warehouse_that_is_not_there_is_no_problem_of_the_catalogue(tmp_path):
    with pytest.raises(WarehouseUnavailable):
        read_yaml_catalog(BERKA, DuckDbWarehouse(tmp_path / "none.duckdb", mask_key=KEY))


def test_the_warehouse_tells_in_its_own_words_why_a_query_or_a_view_fails(tmp_path):
    with duckdb.connect(tmp_path / "own.duckdb") as connection:
        connection.execute("CREATE TABLE doomed (y INTEGER)")
        connection.execute("CREATE VIEW broken AS SELECT y FROM doomed")
        connection.execute("DROP TABLE doomed")
    (tmp_path / "two.sql").write_text("SELECT 1 AS a; DROP TABLE x", encoding="utf-8")
    (tmp_path / "lost.sql").write_text("SELECT y FROM gone -- a comment", encoding="utf-8")
    path = tmp_path / "catalog.yaml"
    path.write_text(
        "{version: 1, datasets: [{name: a, sql: two.sql}, {name: b, sql: lost.sql}, {name: c, relation: broken}]}",
        encoding="utf-8",
    )
    with pytest.raises(InvalidCatalog) as caught:
        read_yaml_catalog(path, DuckDbWarehouse(tmp_path / "own.duckdb", mask_key=KEY))
    several, lost, broken = caught.value.sentence.splitlines()
    assert several.startswith("catalog.yaml: dataset a: sql: two.sql: ")
    assert lost.startswith("catalog.yaml: dataset b: sql: lost.sql: Catalog Error: Table with name gone does not exist")
    assert broken.startswith("catalog.yaml: dataset c: relation: ")


def test_the_catalogue_of_the_bank_fits_its_parquet_files(shared_data):
    catalog = load_catalog(Settings(warehouse=shared_data / "berka", catalog=BERKA, system_datasets=False))
    datasets = {dataset.name: dataset for dataset in catalog}
    assert len(datasets) == 9
    transactions = datasets["bank_transactions"]
    assert (transactions.owner, transactions.account, transactions.tag) == ("user_id", "account_id", "category")
    assert [column.name for column in transactions.columns] == list(transactions.types)
    hidden = {column.name: column.sensitive for column in transactions.columns if column.sensitive}
    assert hidden == {"counterparty_account": Sensitivity.HASH, "user_birth_number": Sensitivity.MASK}
