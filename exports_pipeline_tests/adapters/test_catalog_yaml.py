from textwrap import dedent
from uuid import UUID

import pytest

from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.core.catalog import Grain, dataset_id
from exports_pipeline.core.redaction_policy import Sensitivity, TextKind
from exports_pipeline_tests.fakes.schema import InMemorySchema

BANK = {
    "txn_date": "DATE",
    "booked_at": "TIMESTAMP WITH TIME ZONE",
    "user_id": "BIGINT",
    "account_id": "BIGINT",
    "category": "VARCHAR",
    "tags": "VARCHAR[]",
    "amount": "DECIMAL(12,2)",
    "birth_number": "VARCHAR",
}
HOSTILE = {'say "when"': "INTEGER", "default": "VARCHAR", "emp.var.rate": "DOUBLE", " padded ": "DATE", "ключ": "UUID"}
SCHEMA = InMemorySchema(
    {"bank": BANK, "shop.orders": {"buyers": "UUID[]", "at": "TIMESTAMP_NS"}, "hostile": HOSTILE},
    {"SELECT 1 AS a": {"a": "INTEGER"}},
)


def read(folder, text):
    path = folder / "catalog.yaml"
    path.write_text("version: 1\ndatasets:\n" + dedent(text), encoding="utf-8")
    return list(read_yaml_catalog(path, SCHEMA))


def test_everything_a_catalogue_says_is_in_the_dataset(tmp_path):
    (dataset,) = read(
        tmp_path,
        """
        - name: bank_transactions
          id: 8b0a6b2e-6f5f-4a3c-9a53-1d1f4a1a0f01
          title: Bank transactions
          description: One row per posted transaction.
          relation: bank
          time: {column: booked_at, grain: minute}
          owner: user_id
          account: account_id
          tag: tags
          tags: [finance, finance, daily]
          columns:
            - {name: amount, title: Amount, description: In CZK, unit: CZK}
            - {name: birth_number, sensitive: mask, class: pii, scan: [phone, email]}
        """,
    )
    assert dataset.id == UUID("8b0a6b2e-6f5f-4a3c-9a53-1d1f4a1a0f01")
    assert (dataset.title, dataset.description) == ("Bank transactions", "One row per posted transaction.")
    assert (dataset.time.column, dataset.time.grain) == ("booked_at", Grain.MINUTE)
    assert (dataset.owner, dataset.account, dataset.tag) == ("user_id", "account_id", "tags")
    assert dataset.tags == ("finance", "daily")
    amount, birth_number = dataset.columns
    assert (amount.name, amount.type, amount.title, amount.description) == (
        "amount",
        "DECIMAL(12,2)",
        "Amount",
        "In CZK",
    )
    assert (amount.unit, birth_number.unit) == ("CZK", "")
    assert (birth_number.sensitive, amount.sensitive) == (Sensitivity.MASK, None)
    assert (birth_number.data_class, birth_number.scan) == ("pii", (TextKind.EMAIL, TextKind.PHONE))
    assert (amount.data_class, amount.scan) == ("", ())
    assert dict(dataset.types) == BANK


def test_what_is_left_out_has_a_default(tmp_path):
    (dataset,) = read(tmp_path, "- {name: bank_transactions, relation: bank, time: {column: txn_date}}")
    assert dataset.id == dataset_id("bank_transactions")
    assert dataset.title == "Bank transactions"
    assert [column.name for column in dataset.columns] == list(BANK)
    assert dataset.time.grain is Grain.DAY
    assert dataset.owner is None
    assert not dataset.public


def test_a_timestamp_without_a_grain_is_fine_to_the_second(tmp_path):
    (dataset,) = read(tmp_path, "- {name: bank, relation: bank, time: {column: booked_at}}")
    assert dataset.time.grain is Grain.SECOND


def test_a_relation_may_name_its_schema(tmp_path):
    datasets = read(
        tmp_path,
        "- {name: a, relation: main.bank}\n- {name: b, relation: shop.orders, owner: buyers, time: {column: at}}",
    )
    assert [dataset.relation for dataset in datasets] == ["main.bank", "shop.orders"]
    assert datasets[1].owner == "buyers"


def test_column_names_that_need_quoting_are_taken_as_they_are(tmp_path):
    (dataset,) = read(
        tmp_path,
        """
        - name: hostile
          relation: hostile
          owner: ключ
          account: 'say "when"'
          tag: default
          time: {column: " padded "}
          columns: [{name: emp.var.rate}, {name: " padded "}, {name: 'say "when"'}]
        """,
    )
    assert (dataset.owner, dataset.account, dataset.tag) == ("ключ", 'say "when"', "default")
    assert dataset.time.column == " padded "
    assert [column.name for column in dataset.columns] == ["emp.var.rate", " padded ", 'say "when"']


def test_a_query_is_read_from_a_file_beside_the_catalogue(tmp_path):
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql/one.sql").write_text("SELECT 1 AS a;\n", encoding="utf-8")
    (dataset,) = read(tmp_path, "- {name: one, sql: sql/one.sql, public: true}")
    assert dataset.sql == "SELECT 1 AS a"
    assert dict(dataset.types) == {"a": "INTEGER"}


@pytest.mark.parametrize("kind", ["INTEGER", "UBIGINT", "VARCHAR", "UUID", "VARCHAR[]", "BIGINT[]", "UUID[]"])
def test_an_owner_may_be_an_integer_a_text_a_uuid_or_a_list_of_them(tmp_path, kind):
    path = tmp_path / "catalog.yaml"
    path.write_text("{version: 1, datasets: [{name: a, relation: r, owner: o}]}", encoding="utf-8")
    (dataset,) = read_yaml_catalog(path, InMemorySchema({"r": {"o": kind}}))
    assert dataset.types["o"] == kind
