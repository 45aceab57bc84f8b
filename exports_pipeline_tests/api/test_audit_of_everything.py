"""What the audit log keeps of a run through the features: no secrets, no values of rows, and personal things apart."""

import json
from uuid import UUID

import pytest

from exports_pipeline.adapters.audit_log import row_of_entry
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.origin import NOBODY, Origin, coming_from
from exports_pipeline.usecases.note_catalog import note_catalog
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.fakes.clock import NOON

EXPORTS, SCHEDULES, DESTINATIONS = (f"/api/analytics/{name}" for name in ("exports", "schedules", "destinations"))
BODY = {"dataset_id": "sales", "format": "csv", "account_ids": ["1"], "tag_ids": ["toys"]}


@pytest.fixture
def used(ann, ports):
    """The rows of all entries of somebody who has tried everything."""
    ann.post(f"{EXPORTS}/estimate", json=BODY)
    job = ann.post(EXPORTS, json=BODY).json()
    ann.post(f"{EXPORTS}/{job['job_id']}/cancel")
    ann.post(f"{EXPORTS}/{job['job_id']}/retry")
    ann.get(f"{EXPORTS}/{UUID(int=3)}/download")
    schedule = ann.post(
        SCHEDULES,
        json={
            "name": "daily",
            "kind": "export",
            "body": {"dataset_id": "sales", "account_ids": ["1"], "tag_ids": ["toys"]},
            "format": "csv",
            "cron": "0 7 * * *",
            "recipients": [{"channel": "email", "address": "secret.friend@example.com"}],
        },
    ).json()
    ann.call("PATCH", f"{SCHEDULES}/{schedule['id']}", json={"cron": "0 8 * * *"})
    ann.call("DELETE", f"{SCHEDULES}/{schedule['id']}")
    note_catalog(ports)
    with coming_from(Origin(request_id="r", address="203.0.113.7", agent="curl/8")):
        return [row_of_entry(each) for each in ports.audit.audit]


def test_everything_that_was_done_has_its_entry(used):
    actions = [each["action"] for each in used]
    wanted = ["export.estimated", "export.requested", "export.cancelled", "export.retried", "request.refused"]
    wanted += ["schedule.created", "schedule.changed", "schedule.deleted", "catalogue.loaded"]
    assert [each for each in actions if each in wanted] == wanted


def test_a_change_is_told_as_it_was_and_as_it_is(used):
    (changed,) = [each for each in used if each["action"] == "schedule.changed"]
    assert (changed["before"], changed["after"]) == ({"cron": "0 7 * * *"}, {"cron": "0 8 * * *"})
    assert (changed["entity_type"], bool(changed["entity_id"])) == ("schedule", True)


def test_addresses_stand_in_the_personal_part_and_values_of_filters_nowhere(used):
    plain = json.dumps([{name: each[name] for name in ("before", "after", "details")} for each in used])
    personal = json.dumps([each["personal"] for each in used])
    assert ("secret.friend" in plain, "secret.friend" in personal) == (False, True)
    assert "toys" not in plain + personal
    assert '"account_ids": 1' in plain


def test_a_secret_is_blanked_whoever_writes_it_into_an_entry():
    details = {"password": "hunter2", "options": {"api_token": "hunter2"}}
    row = row_of_entry(AuditEntry(at=NOON, actor=NOBODY, action="x.done", details=details))
    assert "hunter2" not in str(row)


def test_the_same_catalogue_is_noted_once(ports):
    assert [note_catalog(ports), note_catalog(ports)] == [True, False]


def test_a_caller_that_is_no_user_of_ours_is_nobody(app, ports):
    stranger = ApiClient(app, user="x")
    stranger.post(EXPORTS, headers={"Authorization": "Bearer nonsense"}, json={})
    assert [each.actor.int for each in ports.audit.audit] == [0]
