"""Requests for exports: what is taken, what is refused, and with which words."""

from threading import Event
from uuid import UUID, uuid4

import pytest

from exports_api.app import create_app
from exports_pipeline.core.catalog import dataset_id
from exports_pipeline.core.limits import Limits
from exports_pipeline_tests.api_client import EXPORTS, ApiClient, run
from exports_pipeline_tests.fakes.ports import fake_ports

LONG_TEXT = "x" * 1001


def job_of(ports, answer):
    return ports.jobs.get(UUID(answer.json()["job_id"]))


def test_a_request_is_answered_with_the_address_of_its_job(ann, dispatched):
    answer = ann.export()
    body = answer.json()
    assert answer.status_code == 202
    assert set(body) == {"job_id", "status", "message"}
    assert body["status"] == "pending"
    assert answer.headers["location"] == f"{EXPORTS}/{body['job_id']}"
    assert int(answer.headers["retry-after"]) >= 1
    assert ann.get(answer.headers["location"]).status_code == 200
    assert dispatched == [True]


def test_everything_a_request_can_carry_reaches_the_ledger(ann, ports):
    answer = ann.export(
        dataset_id=str(dataset_id("sales")).upper(),
        format="CSV",
        start_date="2026-01-01",
        end_date="2026-01-31",
        account_ids=[1, "2"],
        tag_ids=["food"],
        columns=["amount", "day"],
        options={"timezone": "Europe/Prague", "decimal_comma": True, "compression": "gzip"},
        recipients=[{"channel": "telegram", "address": "42"}],
    )
    job = job_of(ports, answer)
    shown = ann.get(answer.headers["location"]).json()
    assert shown["filters"] == {
        "start_date": "2026-01-01",
        "end_date": "2026-01-31",
        "account_ids": ["1", "2"],
        "tag_ids": ["food"],
        "columns": ["amount", "day"],
    }
    assert shown["options"] == {
        "bom": False,
        "compression": "gzip",
        "control_totals": True,
        "decimal_comma": True,
        "delimiter": ";",
        "formula_guard": True,
        "keep_result": False,
        "timezone": "Europe/Prague",
    }
    assert (shown["dataset_name"], shown["format"]) == ("sales", "csv")
    assert [(each.channel, each.address) for each in job.recipients] == [("telegram", "42")]


def test_null_means_left_out(ann):
    nothing = dict.fromkeys(("start_date", "end_date", "account_ids", "tag_ids", "columns", "options", "recipients"))
    answer = ann.get(ann.export(**nothing).headers["location"]).json()
    assert answer["filters"] == {"start_date": None, "end_date": None, "account_ids": [], "tag_ids": [], "columns": []}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"dataset_id": "nope"}, "unknown_dataset", "dataset_id"),
        ({"dataset_id": str(uuid4())}, "unknown_dataset", "dataset_id"),
        ({"dataset_id": "payroll"}, "unknown_dataset", "dataset_id"),
        ({"format": "docx"}, "unknown_format", "format"),
        ({"account_ids": [3]}, "unknown_account", "account_ids"),
        ({"account_ids": ["one"]}, "malformed_value", "account_ids"),
        ({"account_ids": [2**31]}, "malformed_value", "account_ids"),
        ({"tag_ids": ["rent"]}, "unknown_tag", "tag_ids"),
        ({"columns": ["salary"]}, "unknown_column", "columns"),
        ({"columns": ["pin"]}, "unknown_column", "columns"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-31"}, "invalid_date_range", "end_date"),
        ({"dataset_id": "airports", "start_date": "2026-01-01"}, "filter_not_supported", "start_date"),
        ({"dataset_id": "airports", "account_ids": [1]}, "filter_not_supported", "account_ids"),
        ({"dataset_id": "airports", "tag_ids": ["a"]}, "filter_not_supported", "tag_ids"),
        ({"options": {"colour": "red"}}, "invalid_option", "options.colour"),
        ({"format": "parquet", "options": {"bom": True}}, "invalid_option", "options.bom"),
        ({"options": {"timezone": "Mars/Olympus"}}, "invalid_option", "options.timezone"),
        ({"options": {"compression": ["gzip"]}}, "invalid_option", "options.compression"),
        ({"options": {"bom": 1}}, "invalid_option", "options.bom"),
        ({"recipients": [{"channel": "pigeon", "address": "x"}]}, "unknown_channel", "recipients.0.channel"),
        (
            {"recipients": [{"channel": "telegram", "destination_id": "x"}]},
            "unknown_destination",
            "recipients.0.destination_id",
        ),
    ],
)
def test_what_does_not_fit_the_catalogue_is_refused_by_name(ann, body, code, field):
    assert ann.refusal(**body) == (code, [(field, code)])


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"dataset_id": None}, "dataset_id", "string_type"),
        ({"dataset_id": ""}, "dataset_id", "string_too_short"),
        ({"dataset_id": "a\x00b"}, "dataset_id", "nul_character"),
        ({"format": 7}, "format", "string_type"),
        ({"format": "csv\x00"}, "format", "nul_character"),
        ({"start_date": "2026-02-30"}, "start_date", "malformed_date"),
        ({"start_date": "0000-01-01"}, "start_date", "malformed_date"),
        ({"start_date": "10000-01-01"}, "start_date", "malformed_date"),
        ({"start_date": "2026-1-1"}, "start_date", "malformed_date"),
        ({"start_date": "20260101"}, "start_date", "malformed_date"),
        ({"start_date": "2026-01-01T00:00:00"}, "start_date", "malformed_date"),
        ({"start_date": "\u0662\u0660\u0662\u0666-01-01"}, "start_date", "malformed_date"),
        ({"end_date": 20260101}, "end_date", "malformed_date"),
        ({"end_date": ""}, "end_date", "malformed_date"),
        ({"account_ids": "1"}, "account_ids", "list_type"),
        ({"account_ids": [1, True]}, "account_ids.1", "malformed_value"),
        ({"account_ids": [1.5]}, "account_ids.0", "malformed_value"),
        ({"account_ids": [None]}, "account_ids.0", "malformed_value"),
        ({"account_ids": [{}]}, "account_ids.0", "malformed_value"),
        ({"account_ids": [10**200]}, "account_ids.0", "malformed_value"),
        ({"account_ids": [""]}, "account_ids.0", "string_too_short"),
        ({"account_ids": ["1\x00"]}, "account_ids.0", "nul_character"),
        ({"account_ids": ["1"] * 10_001}, "account_ids", "too_long"),
        ({"tag_ids": [LONG_TEXT]}, "tag_ids.0", "string_too_long"),
        ({"columns": [1]}, "columns.0", "string_type"),
        ({"columns": ["da\x00y"]}, "columns.0", "nul_character"),
        ({"options": []}, "options", "dict_type"),
        ({"options": {"timezone": "U\x00TC"}}, "options", "nul_character"),
        ({"options": {"deep": [{"a": "\x00"}]}}, "options", "nul_character"),
        ({"recipients": {}}, "recipients", "list_type"),
        ({"recipients": [{"channel": "telegram"}]}, "recipients.0", "value_error"),
        ({"recipients": [{"channel": "telegram", "address": "1", "to": "me"}]}, "recipients.0.to", "unknown_field"),
    ],
)
def test_a_malformed_field_is_named(ann, body, field, code):
    assert ann.refusal(**body) == ("invalid_request", [(field, code)])


def test_missing_fields_are_named_all_at_once(ann):
    answer = ann.post(EXPORTS, json={"start_date": "soon"})
    assert {each["field"]: each["code"] for each in answer.json()["errors"]} == {
        "dataset_id": "missing_field",
        "format": "missing_field",
        "start_date": "malformed_date",
    }


def test_a_refusal_never_repeats_a_long_value_at_length(ann):
    answer = ann.export(dataset_id="x" * 200, account_ids=["secret" * 1000])
    assert "secretsecret" not in answer.text


def test_thousands_of_mistakes_are_not_listed_all(ann):
    answer = ann.export(account_ids=[None] * 9_000)
    assert len(answer.json()["errors"]) == 20
    assert "8999 more" in answer.json()["detail"]


def test_a_channel_that_is_not_set_up_is_refused_with_those_that_are(ann):
    answer = ann.export(recipients=[{"channel": "pigeon", "address": "x"}])
    assert "telegram" in answer.json()["detail"]


def test_a_repeated_request_gets_the_first_answer_again(ann, ports):
    key = {"Idempotency-Key": str(uuid4())}
    body = {"dataset_id": "sales", "format": "csv"}
    first = ann.post(EXPORTS, json=body, headers=key)
    run(ports, first.json()["job_id"])  # what has become of it since does not matter
    quoted = {"Idempotency-Key": f'"{key["Idempotency-Key"]}"'}
    for headers in (key, quoted):
        again = ann.post(EXPORTS, json=body, headers=headers)
        assert (again.status_code, again.content) == (202, first.content)
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(ports.jobs.jobs) == 1


def test_a_key_used_for_another_request_is_refused_and_a_key_of_somebody_else_is_not_seen(ann, bob):
    key = {"Idempotency-Key": "monthly"}
    ann.post(EXPORTS, json={"dataset_id": "sales", "format": "csv"}, headers=key)
    other = ann.post(EXPORTS, json={"dataset_id": "sales", "format": "parquet"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert bob.post(EXPORTS, json={"dataset_id": "sales", "format": "csv"}, headers=key).status_code == 202


@pytest.mark.parametrize("key", ["", '""', "two words", "x" * 256, "\u00e9", "tab\t"])
def test_a_malformed_key_is_refused(ann, key):
    answer = ann.post(
        EXPORTS, json={"dataset_id": "sales", "format": "csv"}, headers={"Idempotency-Key": key.encode("latin-1")}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_idempotency_key")


def test_the_answer_does_not_wait_for_dagster(ports, settings):
    released, began = Event(), Event()

    class SlowRuns(type(ports.runs)):
        def launch(self, job):
            began.set()
            assert released.wait(20)
            return super().launch(job)

    ports = fake_ports(runs=SlowRuns())
    ann = ApiClient(create_app(ports, settings))
    assert ann.export().status_code == 202
    assert began.wait(20)
    assert ports.runs.launched == []
    released.set()


def test_an_administrator_may_export_what_belongs_to_nobody(admin):
    assert admin.export(dataset_id="payroll").status_code == 202


def test_more_rows_than_a_pdf_may_have_are_refused_with_better_formats(settings):
    ann = ApiClient(create_app(fake_ports(limits=Limits(pdf_rows=2)), settings, dispatch_soon=lambda: None))
    assert ann.refusal(format="pdf") == ("too_many_rows_for_format", [("format", "too_many_rows_for_format")])
    assert ann.export(format="csv").status_code == 202
