"""The pages of the audit log: for auditors, by filters in the address, and themselves noted in the log."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from exports_pipeline.adapters.signing import Ed25519Signer
from exports_pipeline.adapters.system_datasets import with_system_datasets
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.origin import NOBODY
from exports_pipeline.usecases.sign_audit_head import sign_audit_head
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.schema import InMemorySchema
from exports_pipeline_tests.web.conftest import text_of

HOSTILE = "<script>alert(1)</script>"


def note(ports, action="export.requested", *, at=NOON - timedelta(minutes=5), who="ann", **about):
    ports.users.seen(requester(who), at=NOON)
    ports.audit.record(AuditEntry(at=at, actor=requester(who).user_id, action=action, **about))


@pytest.fixture
def auditor(visit):
    return visit("eve", "VIEW_AUDIT")


@pytest.mark.parametrize("path", ["/audit", "/audit/chain"])
def test_nobody_else_sees_it_and_is_told_whom_to_ask_and_that_is_noted(visit, ports, path):
    page = visit("ann").get(path)
    assert page.status_code == 403
    assert "This needs the permission VIEW_AUDIT" in text_of(page)
    assert "Ask your administrator" in text_of(page)
    (refused,) = [each for each in ports.audit.audit if each.action == "request.refused"]
    assert (refused.actor, refused.details["code"]) == (requester("ann").user_id, "permission_needed")


def test_reading_is_noted_with_what_was_asked(auditor, ports):
    auditor.get("/audit", params={"action": "export.*", "from": "2026-03-01", "to": "2026-03-01"})
    (read,) = [each for each in ports.audit.audit if each.action == "audit.read"]
    assert read.actor == requester("eve").user_id
    assert read.details["asked"] == {
        "action": "export.*",
        "since": "2026-02-28T23:00:00+00:00",
        "until": "2026-03-01T23:00:00+00:00",
    }


def test_an_entry_opens_with_what_was_before_and_after(auditor, ports):
    before, after = {"cron": "0 7 * * *", "title": "Sales"}, {"cron": "0 8 * * 1", "title": HOSTILE}
    note(ports, "schedule.changed", entity_type="schedule", entity_id="x" * 500, before=before, after=after)
    page = auditor.get("/audit")
    assert HOSTILE not in page.text
    told = text_of(page)
    assert "1 Mar 2026, 12:55:00 CET ann · Schedule changed a schedule done" in told
    assert "What changed Before After Cron 0 7 * * * 0 8 * * 1 Title Sales <script>" in told


def test_details_are_told_without_signs_of_json(auditor, ports):
    asked = {"since": "2026-03-01T00:00:00+01:00", "kinds": ["a", "b"], "all": True, "none": None}
    note(ports, "audit.read", details={"asked": asked, "odd": "0001-01-01T00:00:00+14:00"})
    told = text_of(auditor.get("/audit"))
    assert "Since: 1 Mar 2026, 00:00:00 CET; Kinds: a, b; All: yes; None: -" in told
    assert "Odd 0001-01-01T00:00:00+14:00" in told


def test_whoever_is_refused_without_a_sign_in_is_not_the_service(auditor, ports):
    ports.audit.record(AuditEntry(at=NOON, actor=NOBODY, action="request.refused", outcome="refused"))
    ports.audit.record(AuditEntry(at=NOON, actor=NOBODY, action="audit.verified"))
    told = text_of(auditor.get("/audit"))
    assert "somebody unknown · Request refused" in told
    assert "the service · Audit verified" in told


def test_where_a_request_came_from_is_shown_to_those_who_unmask(auditor, visit, ports):
    note(ports, "destination.changed", after={"recipients": ["bob@example.com"]})
    hidden, shown = auditor.get("/audit").text, visit("dan", "VIEW_AUDIT", "UNMASK").get("/audit").text
    assert [each in hidden for each in ("127.0.0.1", "python-httpx", "bob@example.com")] == [False] * 3
    assert [each in shown for each in ("127.0.0.1", "python-httpx", "bob@example.com")] == [True] * 3


def test_filters_choose_and_stay_in_their_fields(auditor, ports):
    note(ports, "export.requested", entity_type="job")
    note(ports, "schedule.changed", who="bob")
    note(ports, "request.refused", who="bob", outcome="refused")
    for asked, told, others in [
        ({"actor": "bob"}, ["Schedule changed", "Request refused"], ["Export requested"]),
        ({"action": "schedule.*"}, ["Schedule changed"], ["Request refused", "Export requested"]),
        ({"entity_type": "job"}, ["Export requested"], ["Schedule changed"]),
        ({"outcome": "refused"}, ["Request refused"], ["Schedule changed"]),
    ]:
        page = auditor.get("/audit", params=asked)
        assert all(each in text_of(page) for each in told), asked
        assert not any(each in text_of(page) for each in others), asked
        [value] = asked.values()
        assert f'value="{value}"' in page.text
        assert "Show all of these days" in page.text


def test_days_begin_by_the_viewers_clock(auditor, ports, visit):
    note(ports, "report.requested", at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    day = {"from": "2026-03-01", "to": "2026-03-01", "action": "report.*"}
    assert "1 Mar 2026, 00:30:00 CET" in text_of(auditor.get("/audit", params=day))
    in_kolkata = visit("eve", "VIEW_AUDIT", zone="Asia/Kolkata", language="de-DE").get("/audit", params=day)
    assert "01.03.2026, 05:00:00 IST" in text_of(in_kolkata)
    assert "No entry fits." in text_of(visit("eve", "VIEW_AUDIT", zone="America/New_York").get("/audit", params=day))


def test_pages_have_every_entry_once(auditor, ports):
    for place in range(60):
        note(ports, "link.opened", at=NOON - timedelta(minutes=place), details={"place": place})
    link, seen = "/audit?action=link.opened", []
    while link:
        page = auditor.get(link).text
        seen += re.findall(r"<dt><bdi>Place</bdi></dt><dd><bdi>(\d+)", page)
        found = re.search('href="([^"]+)">Older entries', page)
        link = unescape(found[1]) if found else None
    assert seen == [str(place) for place in range(60)]


def test_what_cannot_be_asked_is_told_above_the_form(auditor):
    for asked, status in [
        ({"outcome": "odd"}, 422),
        ({"from": "x"}, 422),
        ({"from": "2026-03-02", "to": "2026-03-01"}, 422),
        ({"from": "0001-01-01"}, 422),
        ({"to": "9999-12-31"}, 200),
    ]:
        page = auditor.get("/audit", params=asked)
        assert (page.status_code, 'role="alert"' in page.text) == (status, status == 422), asked


def test_a_damaged_cursor_is_a_page_that_says_so(auditor):
    page = auditor.get("/audit?cursor=x")
    assert page.status_code == 422
    assert "start again without one" in text_of(page)


def test_the_chain_tells_whether_the_log_is_whole(auditor, ports):
    note(ports)
    assert "was not verified entry by entry yet" in text_of(auditor.get("/audit/chain"))
    sign_audit_head(replace(ports, signer=Ed25519Signer("a secret of tests")))
    checked = AuditEntry(at=NOON, actor=NOBODY, action="audit.verified", details={"entries": 2, "found": 0})
    ports.audit.record(checked)
    told = text_of(auditor.get("/audit/chain"))
    assert "Yes. The log agrees with its last signature" in told
    assert "signature number 1" in told
    assert "2 entries checked, nothing wrong" in told
    ports.audit.record(replace(checked, outcome="error", details={"entries": 2, "found": 3}))
    assert "No: something was changed. The last verification found" in text_of(auditor.get("/audit/chain"))
    ports.chain.broken = b"!"
    assert "No: something was changed. The log is not what its last signature has seen." in text_of(
        auditor.get("/audit/chain")
    )


def test_export_this_fills_the_form_of_the_dataset(auditor, app, ports):
    assert "Export this" not in auditor.get("/audit").text
    catalog = with_system_datasets(ports.catalog, InMemorySchema({}))
    app.state.parts = replace(app.state.parts, ports=replace(ports, catalog=catalog))
    days = {"from": "2026-02-01", "to": "2026-02-28", "action": "link.opened"}
    link = re.search('href="(/datasets/audit_log[^"]+)"', auditor.get("/audit", params=days).text)[1]
    assert unescape(link) == "/datasets/audit_log?start_date=2026-02-01&end_date=2026-02-28&tag_ids=link.opened"
