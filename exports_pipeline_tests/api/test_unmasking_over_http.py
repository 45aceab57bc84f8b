"""The reason to unmask over HTTP: where it stands, what it must be, and what is told without it."""

from dataclasses import replace

import pytest

from exports_pipeline.core.unmasking import NOT_LIFTED
from exports_pipeline_tests.api_client import DATASETS, EXPORTS, ApiClient, run

WHY = "Ticket 4712"


@pytest.fixture
def ports(ports):
    return replace(ports, unmask_needs_reason=True)


@pytest.fixture
def sleuth(app):
    return ApiClient(app, permissions=("UNMASK",))


def looked_at(client, ports, **body):
    job_id = client.export(**body).json()["job_id"]
    run(ports, job_id)
    return client.get(f"{EXPORTS}/{job_id}").json()


def test_the_answer_says_what_a_missing_reason_costs(ann, sleuth):
    assert NOT_LIFTED in sleuth.export().json()["message"]
    assert NOT_LIFTED not in sleuth.export(unmask_reason=WHY).json()["message"]
    assert NOT_LIFTED not in ann.export().json()["message"]


def test_a_job_tells_what_was_redacted_and_what_was_unmasked(sleuth, ports):
    plain = looked_at(sleuth, ports)
    assert plain["redacted"] == [{"column": "card", "rule": "mask"}, {"column": "pin", "rule": "drop"}]
    assert plain["unmasked"] is None
    lifted = looked_at(sleuth, ports, unmask_reason=WHY)
    assert (lifted["redacted"], lifted["unmasked"]) == ([], {"columns": ["card", "pin"], "reason": WHY})


def test_a_job_that_has_no_file_tells_nothing_of_it(ann):
    job = ann.get(ann.export().headers["location"]).json()
    assert (job["redacted"], job["unmasked"]) == (None, None)


@pytest.mark.parametrize("reason", ["", "no", "   x   ", "x" * 501, 7])
def test_a_reason_is_three_to_five_hundred_characters(sleuth, reason):
    code, errors = sleuth.refusal(unmask_reason=reason)
    assert (code, [field for field, _ in errors]) == ("invalid_request", ["unmask_reason"])


def test_a_dataset_tells_what_is_done_to_each_column(ann, sleuth):
    for client in (ann, sleuth):
        found = {each["name"]: each for each in client.get(f"{DATASETS}/sales").json()["columns"]}
        assert (found["card"]["redaction"], found["amount"]["redaction"], "pin" in found) == ("mask", None, False)
        assert found["card"]["class"] is None
        [sales, _] = client.get(DATASETS).json()["items"]
        assert {each["name"]: each["redaction"] for each in sales["columns"]}["card"] == "mask"


def test_schedules_and_previews_take_a_reason_too(sleuth):
    body = {"name": "x", "kind": "export", "format": "csv", "cron": "@daily", "body": {"dataset_id": "sales"}}
    made = sleuth.post("/api/analytics/schedules", json=body | {"body": {"dataset_id": "sales", "unmask_reason": WHY}})
    assert (made.status_code, made.json()["body"]["unmask_reason"]) == (201, WHY)
    short = sleuth.post("/api/analytics/schedules", json=body | {"body": {"dataset_id": "sales", "unmask_reason": "x"}})
    assert [each["field"] for each in short.json()["errors"]] == ["body.unmask_reason"]
    told = sleuth.post(f"{EXPORTS}/estimate", json={"dataset_id": "sales", "format": "csv", "unmask_reason": WHY})
    assert told.json()["preview"][0]["card"] == "4111"
