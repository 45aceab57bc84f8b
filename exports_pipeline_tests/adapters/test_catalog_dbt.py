import json
import shutil

import duckdb
import pytest

from exports_pipeline.adapters.catalog_dbt import read_dbt_catalog
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.catalog import Grain
from exports_pipeline.core.errors import InvalidCatalog
from exports_pipeline.core.redaction_policy import Sensitivity, TextKind
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.schema import InMemorySchema

ORDERS = "model.jaffle_shop.orders"
CUSTOMERS = "model.jaffle_shop.customers"


@pytest.fixture(scope="module")
def jaffle_shop(shared_data, tmp_path_factory):
    """The warehouse of the project, its models built as dbt would."""
    seeds = shared_data / "dbt_jaffle_shop_duckdb/seeds"
    path = tmp_path_factory.mktemp("jaffle") / "jaffle_shop.duckdb"
    with duckdb.connect(path) as connection:
        for seed in seeds.glob("*.csv"):
            connection.execute(f"CREATE TABLE {seed.stem} AS FROM '{seed}'")
        connection.execute(
            "CREATE TABLE orders AS SELECT id AS order_id, user_id AS customer_id, order_date, status,"
            " 0.0 AS credit_card_amount, 0.0 AS coupon_amount, 0.0 AS bank_transfer_amount, 0.0 AS gift_card_amount,"
            " 0.0 AS amount FROM raw_orders"
        )
        connection.execute(
            "CREATE TABLE customers AS SELECT id AS customer_id, first_name, last_name,"
            " DATE '2018-01-01' AS first_order, DATE '2018-01-02' AS most_recent_order, 1 AS number_of_orders,"
            " 1.0 AS customer_lifetime_value FROM raw_customers"
        )
    return DuckDbWarehouse(path, mask_key=b"k" * 32)


@pytest.fixture
def project(shared_data, tmp_path):
    """Write the project's manifest after a change, and return its path."""

    def write(change=None):
        source = shared_data / "dbt_jaffle_shop_duckdb"
        manifest = json.loads((source / "manifest.v12.stripped.json").read_text(encoding="utf-8"))
        if change:
            change(manifest["nodes"])
        shutil.copy(source / "catalog.json", tmp_path)
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(manifest), encoding="utf-8")
        return path

    return write


def marked(nodes):
    nodes[ORDERS]["meta"] = {
        "export": {
            "owner": "customer_id",
            "time": {"column": "order_date", "grain": "day"},
            "tag": "status",
            "account": "order_id",
            "title": "Orders",
            "tags": ["shop"],
        }
    }
    nodes[ORDERS]["columns"]["amount"]["meta"] = {"export": {"title": "Amount in AUD"}}


def test_a_marked_node_is_a_dataset_with_the_words_of_the_project(project, jaffle_shop):
    (orders,) = read_dbt_catalog(project(marked), jaffle_shop)
    assert (orders.name, orders.title, orders.relation) == ("orders", "Orders", "orders")
    assert orders.description.startswith("This table has basic information about orders")
    assert (orders.owner, orders.account, orders.tag, orders.tags) == ("customer_id", "order_id", "status", ("shop",))
    assert (orders.time.column, orders.time.grain) == ("order_date", Grain.DAY)
    columns = {column.name: column for column in orders.columns}
    assert list(columns) == list(jaffle_shop.relation_types("orders"))
    assert columns["order_date"].type == "DATE"
    assert columns["amount"].title == "Amount in AUD"
    assert columns["order_id"].description == "This is a unique identifier for an order"


def test_meta_under_config_and_a_time_written_as_a_text_are_taken(project, jaffle_shop):
    def change(nodes):
        nodes[ORDERS]["config"]["meta"] = {"export": {"time": "order_date", "name": "shop_orders", "public": True}}

    (orders,) = read_dbt_catalog(project(change), jaffle_shop)
    assert (orders.name, orders.time.column, orders.public) == ("shop_orders", "order_date", True)


def test_columns_described_as_pii_are_masked_unless_the_project_says_otherwise(project, jaffle_shop):
    def change(nodes):
        nodes[CUSTOMERS]["meta"] = {"export": {"owner": "customer_id"}}
        nodes[CUSTOMERS]["columns"]["last_name"]["meta"] = {"export": {"sensitive": False}}
        nodes[CUSTOMERS]["columns"]["first_order"]["config"] = {"meta": {"export": {"sensitive": "hash"}}}
        nodes[CUSTOMERS]["columns"]["most_recent_order"]["tags"] = ["pii"]

    (customers,) = read_dbt_catalog(project(change), jaffle_shop)
    assert {column.name: column.sensitive for column in customers.columns if column.sensitive} == {
        "first_name": Sensitivity.MASK,
        "first_order": Sensitivity.HASH,
        "most_recent_order": Sensitivity.MASK,
    }


def test_a_class_leaves_a_column_to_its_policy_whatever_is_described(project, jaffle_shop):
    def change(nodes):
        nodes[CUSTOMERS]["meta"] = {"export": {"owner": "customer_id"}}
        nodes[CUSTOMERS]["columns"]["first_name"]["meta"] = {"export": {"class": "pii"}}
        nodes[CUSTOMERS]["columns"]["last_name"]["meta"] = {"export": {"scan": True, "sensitive": "none"}}

    (customers,) = read_dbt_catalog(project(change), jaffle_shop)
    found = {column.name: (column.sensitive, column.data_class, column.scan) for column in customers.columns}
    assert found["first_name"] == (None, "pii", ())
    assert found["last_name"] == (None, "", tuple(TextKind))


def test_a_column_has_the_unit_that_its_meta_says(project, jaffle_shop):
    def change(nodes):
        nodes[CUSTOMERS]["meta"] = {"export": {"owner": "customer_id"}}
        nodes[CUSTOMERS]["columns"]["first_order"]["config"] = {"meta": {"export": {"unit": "EUR"}}}

    (customers,) = read_dbt_catalog(project(change), jaffle_shop)
    assert {column.name: column.unit for column in customers.columns if column.unit} == {"first_order": "EUR"}


def test_a_project_without_marks_shows_its_built_models_to_administrators(project, jaffle_shop):
    catalog = read_dbt_catalog(project(), jaffle_shop)
    assert [dataset.name for dataset in catalog] == ["customers", "orders"]
    assert catalog.visible_to(requester("ann")) == ()
    assert catalog.find("orders", requester("root", "EXPORT_ALL")).time.column == "order_date"


def test_a_node_that_is_withheld_is_left_out_of_them(project, jaffle_shop):
    def change(nodes):
        nodes[CUSTOMERS]["meta"] = {"export": False}

    assert [dataset.name for dataset in read_dbt_catalog(project(change), jaffle_shop)] == ["orders"]


def test_seeds_and_sources_become_datasets_when_they_are_marked(tmp_path):
    nodes = {"seed.p.raw": {"resource_type": "seed", "name": "raw", "schema": "main", "meta": {"export": True}}}
    source = {"resource_type": "source", "name": "events", "identifier": "ev.ents", "schema": "lake"}
    source |= {"meta": {"export": {}}, "description": " ", "columns": {"AT": {"name": "AT", "description": "When"}}}
    path = manifest(tmp_path, nodes, {"source.p.lake.events": source})
    schema = InMemorySchema({"raw": {"a": "INTEGER"}, 'lake."ev.ents"': {"At": "TIMESTAMP"}})
    raw, events = read_dbt_catalog(path, schema)
    assert (raw.relation, events.relation, events.name) == ("raw", 'lake."ev.ents"', "events")
    assert events.columns[0].description == "When"


def test_two_versions_of_a_model_have_two_names(tmp_path):
    def version(number):
        return node(name="orders", alias=f"orders_v{number}", version=number, meta={"export": {"public": True}})

    path = manifest(tmp_path, {"model.p.orders.v1": version(1), "model.p.orders.v2": version(2)})
    schema = InMemorySchema({"orders_v1": {"a": "INTEGER"}, "orders_v2": {"a": "INTEGER"}})
    assert [dataset.name for dataset in read_dbt_catalog(path, schema)] == ["orders_v1", "orders_v2"]


def test_comments_of_the_database_fill_in_for_missing_descriptions(tmp_path):
    path = manifest(tmp_path, {"model.p.a": node(name="a", meta={"export": True})})
    observed = {"metadata": {"comment": "All of A"}, "columns": {"X": {"type": "INTEGER", "comment": "The x"}}}
    (tmp_path / "catalog.json").write_text(json.dumps({"nodes": {"model.p.a": observed}}), encoding="utf-8")
    (dataset,) = read_dbt_catalog(path, InMemorySchema({"a": {"x": "BIGINT"}}))
    assert (dataset.description, dataset.columns[0].description) == ("All of A", "The x")
    assert dataset.columns[0].type == "BIGINT"


def node(**fields):
    return {"resource_type": "model", "schema": "main", **fields}


def manifest(folder, nodes, sources=None, version="v12"):
    path = folder / "manifest.json"
    schema = f"https://schemas.getdbt.com/dbt/manifest/{version}.json"
    document = {"metadata": {"dbt_schema_version": schema}, "nodes": nodes, "sources": sources or {}}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"meta": {"export": {"owner": "usr"}}}, "dataset a: owner: no column usr in relation a; did you mean user?"),
        ({"meta": {"export": {"ownr": "user"}}}, "dataset a: meta.export.ownr: unknown key; known are name, id,"),
        (
            {"meta": {"export": "yes"}},
            "dataset a: meta.export: must be a mapping as {owner: user_id}, or true or false",
        ),
        ({"meta": {"export": {"name": "A B"}}}, "dataset A B: name: must be 100 letters"),
        ({"alias": "b", "meta": {"export": True}}, "dataset a: relation: no table or view b in the warehouse"),
        (
            {"meta": {"export": True}, "columns": {"user": {"meta": {"export": {"sensitive": "hide"}}}}},
            "dataset a: columns.user.sensitive: 'hide' is none of drop, mask, hash",
        ),
        (
            {"meta": {"export": True}, "columns": {"email": {"meta": {"export": {"sensitive": "mask"}}}}},
            "dataset a: columns.email: no column email in relation a, but it is marked as sensitive",
        ),
        ({"alias": "b"}, "nodes: no node has meta.export, and none of the models is in the warehouse; run dbt build"),
    ],
)
def test_a_problem_names_file_dataset_and_field(tmp_path, fields, problem):
    path = manifest(tmp_path, {"model.p.a": node(name="a", **fields)})
    with pytest.raises(InvalidCatalog) as caught:
        read_dbt_catalog(path, InMemorySchema({"a": {"user": "VARCHAR"}}))
    assert caught.value.sentence.startswith(f"manifest.json: {problem}")
    assert "\n" not in caught.value.sentence


def test_a_stale_description_of_a_column_is_no_problem(tmp_path):
    described = {"gone": {"description": "Was here"}}
    path = manifest(tmp_path, {"model.p.a": node(name="a", columns=described, meta={"export": True})})
    (dataset,) = read_dbt_catalog(path, InMemorySchema({"a": {"x": "INTEGER"}}))
    assert [column.name for column in dataset.columns] == ["x"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{\n'a'", "manifest.json: line 2: is no JSON: Expecting property name"),
        ("[]", "manifest.json: line 1: is no JSON object"),
        ("{}", "manifest.json: metadata.dbt_schema_version: is no manifest of dbt"),
        (b"\xff", "manifest.json: is no readable JSON"),
        ("[" * 100_000, "manifest.json: is no readable JSON"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(tmp_path, text, problem):
    path = tmp_path / "manifest.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidCatalog) as caught:
        read_dbt_catalog(path, InMemorySchema({}))
    assert caught.value.sentence.startswith(problem)


def test_a_manifest_too_old_or_missing_is_refused(tmp_path):
    with pytest.raises(InvalidCatalog, match="is v4; v9 or later is needed"):
        read_dbt_catalog(manifest(tmp_path, {}, version="v4"), InMemorySchema({}))
    with pytest.raises(InvalidCatalog, match="cannot be read: No such file"):
        read_dbt_catalog(tmp_path / "none.json", InMemorySchema({}))
