"""The page of activity: everybody's for auditors, one's own for all others."""

from datetime import timedelta

import pytest

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.conftest import text_of

DAYS = {"from": "2026-02-01", "to": "2026-03-01"}


@pytest.fixture
def used(ports):
    """Three actions of ann's on two days, and one of bob's."""
    done = [("ann", "export.requested", 10), ("ann", "link.opened", 3), ("ann", "export.requested", 0)]
    for name, action, days in [*done, ("bob", "report.requested", 1)]:
        person = requester(name)
        ports.users.seen(person, at=NOON)
        ports.audit.record(AuditEntry(at=NOON - timedelta(days=days), actor=person.user_id, action=action))


@pytest.mark.usefixtures("used")
def test_an_auditor_sees_who_did_most_and_what_was_used(visit):
    told = text_of(visit("eve", "VIEW_AUDIT").get("/activity", params=DAYS))
    assert (
        "Actions 4 Active people 2 People in a week 2 week of 23 Feb, before: 1 People in a month 1 Mar 2026, before: 2"
        in told
    )
    assert "ann 3 19 Feb 2026, 13:00:00 CET 1 Mar 2026, 13:00:00 CET What they did" in told
    assert "bob 1 28 Feb 2026, 13:00:00 CET" in told
    assert "Exports 2 50% 1" in told
    assert "Deliveries 1 25% 1" in told


@pytest.mark.usefixtures("used")
def test_others_see_themselves_and_whom_to_ask(visit):
    bob = visit("bob")
    told = text_of(bob.get("/activity", params=DAYS))
    assert "My activity" in told
    assert "ask your administrator" in told
    assert "bob 1 28 Feb 2026, 13:00:00 CET" in told
    assert "ann" not in told
    assert "Teams" not in told
    assert "/audit" not in bob.get("/activity").text


def test_nobody_did_anything_is_told_as_such(visit):
    told = text_of(visit("eve", "VIEW_AUDIT").get("/activity", params={"from": "2025-01-01", "to": "2025-01-02"}))
    assert "Nobody did anything here from 1 Jan 2025 to 2 Jan 2025 (Europe/Prague)." in told


def test_days_beyond_our_time_are_told_above_the_form(visit):
    auditor = visit("eve", "VIEW_AUDIT")
    for day in ("0001-01-01", "9999-12-31", "2026-13-01"):
        page = auditor.get("/activity", params={"from": day, "to": day})
        assert page.status_code == 422, day
        assert 'role="alert"' in page.text


def test_the_way_there_is_shown_to_those_who_see_everybody(visit):
    for names, shown in (((), False), (("VIEW_AUDIT",), True)):
        page = visit("fay", *names).get("/datasets").text
        assert 'href="/campaigns"' in page
        assert [f'href="{path}"' in page for path in ("/activity", "/audit")] == [shown, shown]
