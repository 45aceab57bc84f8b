"""Whatever is done leaves its entry, without secrets and without rows; an erasure takes all words of a person away."""

import json
from uuid import UUID

import pytest

from exports_api.app import create_app
from exports_pipeline.core.audit_page import AuditFilter
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.verify_audit import verify_audit
from exports_pipeline_tests.api_client import SECRET, ApiClient, token_of
from exports_pipeline_tests.busy import API, BOB, SCHEDULE, Busy
from exports_pipeline_tests.erasable import everything_in
from exports_pipeline_tests.marked import marked_ports, marks_in

ACTIONS = {
    "audit": {"read", "chain_read"},
    "catalogue": {"loaded"},
    "destination": {"saved", "changed", "tried", "deleted"},
    "export": {"estimated", "requested", "rendition_requested", "download_link", "cancelled", "retried", "shared"},
    "key": {"created", "revoked"},
    "link": {"opened", "revoked"},
    "redaction": {"lifted"},
    "report": {"previewed", "requested"},
    "role": {"assigned"},
    "schedule": {"created", "changed", "run_by_hand", "deleted"},
    "team": {"created", "renamed", "member_added", "member_removed", "deleted"},
    "telegram": {"linked", "unlinked"},
    "user": {"deactivated", "activated", "archived"},
}
OF_CONFIGURATION = ("schedule.changed", "destination.changed", "role.assigned", "team.renamed", "user.deactivated")
REFUSED = (
    ("POST", "exports"),
    ("POST", "exports/estimate"),
    ("POST", "reports"),
    ("POST", "reports/preview"),
    ("GET", f"exports/{UUID(int=7)}/download"),
    ("GET", f"exports/{UUID(int=7)}/manifest"),
    ("POST", f"exports/{UUID(int=7)}/cancel"),
    ("POST", f"exports/{UUID(int=7)}/retry"),
    ("POST", "schedules"),
    ("DELETE", f"schedules/{UUID(int=7)}"),
    ("POST", "destinations"),
    ("DELETE", f"destinations/{UUID(int=7)}"),
    ("DELETE", f"keys/{UUID(int=7)}"),
    ("PUT", f"users/{UUID(int=7)}/roles"),
    ("POST", f"users/{UUID(int=7)}/erase"),
    ("POST", "teams"),
    ("GET", "audit-logs"),
)


@pytest.fixture
def ports(engine, tables):
    return marked_ports(engine, tables)


@pytest.fixture
def app(ports, tmp_path):
    return create_app(ports, Settings(home=tmp_path, jwt_secret=SECRET), dispatch_soon=lambda: None)


@pytest.fixture
def busy(app, ports):
    """Somebody who has done everything."""
    busy = Busy(app, ports)
    busy.live()
    return busy


def entries(ports):
    return ports.chain.page(AuditFilter(limit=1_000))


def test_everything_that_is_done_has_its_entry_with_no_secret_no_row_and_no_word_of_ones_own(busy, ports):
    found = entries(ports)
    wanted = {f"{noun}.{verb}" for noun, verbs in ACTIONS.items() for verb in verbs}
    assert wanted - {each.action for each in found if each.outcome == "ok"} == set()
    assert {(bool(each.address), each.agent) for each in found if each.request_id and each.actor == BOB.user_id} == {
        (True, "mark_agent")
    }
    for each in found:
        told = json.dumps([each.before, each.after, each.details])
        assert marks_in(told) == set(), (each.action, told)
        assert not marks_in(json.dumps(each.personal)) & {"row", "secret"}, (each.action, each.personal)
        if each.action in OF_CONFIGURATION:
            assert (each.before or each.personal["before"]) != (each.after or each.personal["after"]), each.action
    [changed] = [each for each in found if each.action == "destination.changed"]
    assert changed.details["secrets_changed"] == ["password"]
    [deleted] = [each for each in found if each.action == "schedule.deleted"]
    assert deleted.before["cron"] == "0 8 * * *"


def test_everything_that_is_refused_has_its_entry(app, ports):
    viewer = ApiClient(app, token=token_of("a viewer", roles=["viewer"]))
    for method, path in REFUSED:
        assert viewer.call(method, f"{API}/{path}", json=None if method == "GET" else {}).status_code in {403, 404}, (
            path
        )
    routes = {(each.details["method"], each.details["route"]) for each in entries(ports)}
    assert len(routes) == len(REFUSED)
    assert {(each.action, each.outcome) for each in entries(ports)} == {("request.refused", "refused")}


def test_after_an_erasure_no_word_of_the_person_stands_in_any_table_or_object(busy, app, ports, migrated):
    friend = ApiClient(app, user="ann")
    plan = SCHEDULE | {"name": "of a friend", "body": {"dataset_id": "sales"}}
    assert friend.post(f"{API}/schedules", json=plan).status_code == 201
    ports.chain.seal()
    assert marks_in(str(everything_in(migrated))) >= {"owner", "mail", "row", "plan", "place", "key", "agent", "chat"}
    busy.as_root("POST", f"users/{BOB.user_id}/erase")
    left = {(name, mark) for name, rows in everything_in(migrated).items() for row in rows for mark in marks_in(row)}
    assert {mark for _, mark in left} == {"label"}  # names lists and plans, which the figures are told by
    assert marks_in(str([each.body for each in ports.objects.objects.values()])) == set()
    ports.chain.seal()
    verdict = verify_audit(ports.chain, ports.heads, is_signed=lambda _head: True)
    assert (verdict.findings, verdict.erased >= 30) == ((), True)
    [of_others] = ports.chain.page(AuditFilter(action="audit.address_erased"))
    assert of_others.details["entries"] == 1
