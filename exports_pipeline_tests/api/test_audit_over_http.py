"""The audit log over HTTP: entries with their origin, refusals that cannot fill it, and reads that are noted."""

from uuid import UUID

import pytest

from exports_pipeline.core.origin import NOBODY
from exports_pipeline.core.refusal_counts import BEYOND, MOST_KINDS, Refusal, RefusalCounts
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON

LOGS = "/api/analytics/audit-logs"


@pytest.fixture
def auditor(app):
    return ApiClient(app, user="auditor", permissions=("VIEW_AUDIT",))


def noted(ports, action):
    return [each for each in ports.audit.audit if each.action == action]


def test_only_who_may_view_the_log_reads_it_and_reading_is_noted(ports, ann, auditor):
    refused = ann.get(LOGS)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_needed")
    assert auditor.get(LOGS, params={"action": "export.*"}).json()["items"] == []
    (read,) = noted(ports, "audit.read")
    assert (read.actor, read.details) == (requester("auditor").user_id, {"asked": {"action": "export.*"}})
    (refusal,) = noted(ports, "request.refused")
    assert (refusal.actor, refusal.outcome, refusal.details["route"]) == (requester("ann").user_id, "refused", LOGS)


def test_the_log_is_read_in_pages_and_by_filters(ports, ann, auditor):
    for _ in range(3):
        ann.post("/api/analytics/exports", json={"dataset_id": "sales", "format": "csv"})
    asked = {"action": "export.requested", "limit": 2, "entity_type": "job", "outcome": "ok"}
    first = auditor.get(LOGS, params=asked).json()
    second = auditor.get(LOGS, params=asked | {"cursor": first["next_cursor"]}).json()
    ids = [each["id"] for each in [*first["items"], *second["items"]]]
    assert (len(ids), ids, second["next_cursor"]) == (3, sorted(ids, reverse=True), None)
    assert auditor.get(LOGS, params={"actor": str(UUID(int=7))}).json()["items"] == []
    assert auditor.get(LOGS, params={"cursor": "x"}).status_code == 422


def test_the_chain_tells_how_far_it_is(ports, ann, auditor):
    told = auditor.get(f"{LOGS}/chain").json()
    assert (told["sequence"], told["pending"], told["agrees_with_head"], told["head_number"]) == (1, 0, True, None)
    assert ann.get(f"{LOGS}/chain").status_code == 403


def test_what_is_refused_is_noted_before_it_is_told(ports, ann, app):
    missing = f"/api/analytics/exports/{UUID(int=3)}"
    assert [ann.post(f"{missing}/cancel").status_code, ann.get(f"{missing}/download").status_code] == [404, 404]
    assert ann.post("/api/analytics/exports", headers={"Authorization": "Bearer x"}, json={}).status_code == 401
    assert ann.get(missing).status_code == 404  # a look changes nothing and opens nothing
    entries = noted(ports, "request.refused")
    assert [(each.details["status"], each.details["code"]) for each in entries] == [
        (404, "unknown_export_job"),
        (404, "unknown_export_job"),
        (401, "invalid_token"),
    ]
    assert entries[2].actor == NOBODY
    assert str(UUID(int=3)) not in str([each.details for each in entries])


def test_equal_refusals_within_a_minute_are_one_entry(ports, ann):
    for _ in range(20):
        ann.post(f"/api/analytics/exports/{UUID(int=3)}/cancel")
    assert len(noted(ports, "request.refused")) == 1


def test_refusals_are_counted_by_the_minute_and_their_kinds_are_bounded():
    def refusal(place):
        return Refusal(
            actor=NOBODY, method="POST", route="/x", status=401, code="invalid_token", address=f"10.0.{place}.1"
        )

    counts = RefusalCounts()
    assert counts.is_new(refusal(0), NOON) == refusal(0)
    assert [counts.is_new(refusal(0), NOON) for _ in range(4)] == [None] * 4
    assert counts.take(NOON) == []
    (counted,) = counts.take(NOON.replace(minute=1))
    assert (counted.refusal, counted.times, counted.since) == (refusal(0), 4, NOON)
    written = [counts.is_new(refusal(place), NOON) for place in range(3 * MOST_KINDS)]
    assert len([each for each in written if each]) == MOST_KINDS + 1
    assert BEYOND in written
