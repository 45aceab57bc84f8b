"""The OpenAPI document is complete, and the API keeps it whatever is sent."""

import json
import re
import tempfile
from datetime import date
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from exports_api.app import create_app
from exports_pipeline.core.catalog import Catalog, Column, Dataset, TimeColumn
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import EXPORTS, SECRET, ApiClient, token_of
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.fakes.warehouse import InMemoryWarehouse

COLUMNS = {"booked_on": "DATE", "amount": "DECIMAL(18,2)", "currency": "VARCHAR"}
TRANSACTIONS = Dataset(
    name="fct_transactions",
    relation="fct_transactions",
    time=TimeColumn(column="booked_on"),
    owner="user_id",
    account="account_id",
    tag="tag",
    columns=tuple(
        Column(name=name, type=kind)
        for name, kind in (COLUMNS | dict.fromkeys(("user_id", "account_id", "tag"), "VARCHAR")).items()
    ),
)
ROW = {"booked_on": date(2024, 1, 1), "amount": "1.50", "currency": "CZK", "account_id": "demo-checking"}
ROWS = [ROW | {"user_id": "ann", "tag": tag} for tag in ("food", "daily")]
APP = create_app(
    fake_ports(catalog=Catalog((TRANSACTIONS,)), warehouse=InMemoryWarehouse({"fct_transactions": ROWS})),
    Settings(home=Path(tempfile.gettempdir()), jwt_secret=SECRET),
    dispatch_soon=lambda: None,
)
# Besides what it takes for a refusal by itself, 413 is one; and 403, which comes before anything is read.
CONFIG = {
    "checks": {"negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 405, 409, 413, 415, 422]}},
    "generation": {"with-security-parameters": False},  # the token is ours, and always there
}
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP, config=SchemathesisConfig.from_dict(CONFIG))
NOT_KNOWN_TO_THE_DOCUMENT = positive_data_acceptance
"""Names of datasets and cursors: well formed, and yet refused, since only the service knows which there are."""
EXCEPT = {"/api/analytics/events": [negative_data_rejection]}
"""Events are refused one by one, in an answer that says what became of all."""
OPERATIONS = [
    (path, method, operation)
    for path, methods in APP.openapi()["paths"].items()
    for method, operation in methods.items()
]
each_operation = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def as_lines(_context, value):
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@pytest.mark.slow
@each_operation
def test_every_answer_is_as_documented(path, method, operation):
    @given(case=SCHEMA[path][method.upper()].as_strategy())
    @settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def is_as_documented(case):
        token = {"Authorization": f"Bearer {token_of()}"}
        case.call_and_validate(headers=token, excluded_checks=[NOT_KNOWN_TO_THE_DOCUMENT, *EXCEPT.get(path, ())])

    is_as_documented()


def test_the_examples_of_a_request_work():
    examples = APP.openapi()["paths"][EXPORTS]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert len(examples) == 2
    for example in examples.values():
        assert ApiClient(APP).post(EXPORTS, json=example["value"]).status_code == 202


@each_operation
def test_every_operation_is_described_for_people(path, method, operation):
    assert operation["summary"], path
    assert operation["description"], method
    assert operation["tags"]
    assert all(each["description"] for each in operation.get("parameters", ()))
    assert all(each["description"] for each in operation["responses"].values())


@each_operation
def test_every_operation_declares_its_problems(path, method, operation):
    wanted = {"401", "500", "503"} if path.startswith("/api/") else {"500"}
    assert wanted <= set(operation["responses"]), method
    for status, answer in operation["responses"].items():
        if int(status) >= 400 and (path, status) != ("/readyz", "503"):
            assert list(answer["content"]) == ["application/problem+json"]


@each_operation
def test_every_operation_on_exports_asks_for_a_token(path, method, operation):
    assert bool(operation.get("security")) == path.startswith("/api/"), method


def test_every_field_is_described():
    document = APP.openapi()
    missing = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, about in schema.get("properties", {}).items()
        if not about.get("description")
    ]
    assert missing == []


def test_every_reference_leads_somewhere_and_nothing_is_left_over():
    document = APP.openapi()
    used = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert used == set(document["components"]["schemas"])
    assert "servers" not in document
