"""Campaigns, activity and the audit log as people look at them: by clicking and choosing, wide and narrow."""

from datetime import timedelta

import pytest

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.campaign_events import ODD, campaign_events
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.conftest import violations

pytestmark = pytest.mark.slow  # a browser is started
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture
def auditor(viewer, ports):
    """Opens pages as somebody who looks at everything, ten days after the events began."""
    ports.metrics.events += campaign_events()
    ports.clock.now = NOON + timedelta(days=10)
    for days, name in enumerate(("ann", "bob", "ann")):
        person = requester(name)
        ports.users.seen(person, at=NOON)
        changed = {"before": {"cron": "0 7 * * *"}, "after": {"cron": "0 8 * * 1"}} if days == 1 else {}
        about = (
            {"action": "schedule.changed", "entity_type": "schedule", **changed}
            if changed
            else {"action": "link.opened"}
        )
        ports.audit.record(AuditEntry(at=NOON + timedelta(days=days), actor=person.user_id, **about))

    def begin(**look):
        page = viewer(signed_in_as=token_of("ann", "VIEW_AUDIT"), **look)
        page.get_by_role("link", name="Campaigns").wait_for()
        page.reload()  # the zone of the viewer's clock is known now
        return page

    return begin


def check(page):
    """Nobody is kept out of a page, and none is wider than its window."""
    assert violations(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than the window"


@pytest.mark.parametrize("look", [("light", WIDE), ("dark", NARROW)], ids=["light", "dark and narrow"])
def test_a_person_looks_at_campaigns_activity_and_the_audit_log(auditor, look):
    scheme, size = look
    page = auditor(color_scheme=scheme, viewport=size)
    page.get_by_role("link", name="Campaigns").click()
    page.get_by_role("link", name="Last 30 days").click()
    page.locator(".drawing svg").wait_for()
    check(page)
    page.get_by_role("link", name=ODD).click()
    page.get_by_label("Shown").select_option("by week")
    page.get_by_text("Segments: all").click()
    page.get_by_label("gold").check()
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**segment=gold*")
    assert page.get_by_text("Segments: gold").is_visible()
    page.locator(".drawing svg").first.wait_for()
    check(page)
    page.get_by_role("link", name="Activity").click()
    page.locator(".drawing svg").first.wait_for()
    check(page)
    page.get_by_role("link", name="What they did (bob)").click()
    page.locator(".entries summary").get_by_text("Schedule changed").click()
    assert page.get_by_role("cell", name="0 8 * * 1").is_visible()
    check(page)
    page.get_by_role("link", name="Is the log whole?").click()
    assert page.get_by_text("not verified entry by entry yet").is_visible()
    check(page)


def test_without_scripts_everything_is_there_too(auditor):
    page = auditor(java_script_enabled=False)
    page.goto("/campaigns")
    page.get_by_role("link", name=ODD).click()
    page.get_by_text("Over time", exact=True).wait_for()
    assert (
        page.get_by_role("cell", name="Engagement").or_(page.get_by_text("Engagement", exact=True)).first.is_visible()
    )
    assert page.get_by_role("region", name="The numbers of Over time").is_visible()
    page.goto("/audit")
    page.get_by_label("About").select_option("schedules")
    page.get_by_role("button", name="Show").click()
    page.locator(".entries summary").first.click()
    assert page.get_by_role("cell", name="0 7 * * *").is_visible()
