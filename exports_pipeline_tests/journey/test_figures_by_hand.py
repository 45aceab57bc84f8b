"""Figures of the real stack by clicking and typing: insights, campaigns, activity and the audit log."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import openpyxl
import pytest

from exports_pipeline_tests.journey.running_stack import wait_until
from exports_pipeline_tests.journey.visitor import DARK_AND_NARROW, TWO_LOOKS

pytestmark = pytest.mark.slow

CHARTS, PLAN = 5, "spring <b>\N{RIGHT-TO-LEFT OVERRIDE}"
CAMPAIGNS = "/api/analytics/campaigns"


@pytest.fixture(scope="module")
def used(demo):
    """Exports of demo's that have ended, some of them for a plan, and one that failed."""
    for plan in (PLAN, PLAN, None):
        demo.completed(demo.export("airlines", labels={"plan": plan} if plan else None))
    demo.settled(demo.export("broken_rows"))


@pytest.fixture(scope="module")
def told(demo):
    """A campaign of demo's whose events have been rolled up."""
    now = datetime.now(UTC)
    common = {"campaign": "spring", "customer": "c1"}
    events = [
        {"id": f"by-hand-{days}-{kind}", "event_type": kind, "label": label, **common}
        | {"occurred_at": (now - timedelta(days=days)).isoformat()}
        for days in (1, 2, 40)
        for kind, label in (("conversation", None), ("intent", "interested"))
    ]
    answer = demo.http.post("/api/analytics/events", json=events)
    assert answer.status_code == 200, answer.text
    days = {"from": str((now - timedelta(days=7)).date()), "to": str(now.date())}
    wait_until(lambda: demo.http.get(CAMPAIGNS, params=days).json()["items"], told="the roll-up of events")


@pytest.mark.parametrize(**TWO_LOOKS)
def test_insights_are_narrowed_and_a_bar_leads_to_its_exports(visit, used, look):
    visitor = visit("demo", **look)
    page = visitor.page
    visitor.go_to("Insights")
    visitor.sees_charts(CHARTS)
    visitor.check()
    page.get_by_label("Plan", exact=True).select_option(PLAN)
    visitor.press("Show")
    visitor.follow("Last 30 days")
    assert {"range=last-30-days"} <= set(page.url.partition("?")[2].split("&"))
    assert "plan=spring" in page.url
    assert page.get_by_label("Plan", exact=True).input_value() == PLAN
    visitor.sees_charts(CHARTS)

    bar = page.locator('.drawing [aria-roledescription="bar"]').last
    bar.scroll_into_view_if_needed()
    bar.hover()
    _, count = re.fullmatch(r"(.+): (\d+)", page.locator(".tip:visible").inner_text()).groups()
    bar.click()
    page.wait_for_url("**/insights/jobs?*")
    assert page.get_by_role("table").locator("tbody tr").count() == int(count)
    visitor.check()
    visitor.follow("Airlines")
    visitor.sees("Ready")


@pytest.mark.parametrize("name", ["CSV", "Excel workbook", "PDF"])
def test_insights_are_taken_along(visit, used, name):
    visitor = visit("demo", **DARK_AND_NARROW)
    page = visitor.page
    page.goto("/insights?range=last-30-days")
    visitor.press(name)
    page.wait_for_url("**/exports/*")
    body = visitor.downloads(page.get_by_role("link", name="Download")).read_bytes()
    if name == "CSV":
        assert len(list(csv.reader(StringIO(body.decode("utf-8-sig"))))) > 1
    elif name == "PDF":
        assert body.startswith(b"%PDF")
    else:
        assert openpyxl.load_workbook(BytesIO(body)).sheetnames


def test_insights_are_shown_on_another_site(visit, used, another_site, chromium):
    visitor = visit("demo", **DARK_AND_NARROW)
    page = visitor.page
    page.goto("/insights")
    page.get_by_label("Good for").select_option("7 days")
    visitor.press("Make the address")
    visitor.check()
    address = page.get_by_role("link", name="Look at it").get_attribute("href")
    with chromium.new_context() as stranger:
        elsewhere = stranger.new_page()
        elsewhere.goto(f"{another_site}/{address}")
        elsewhere.frame_locator("iframe").locator(".drawing svg").nth(1).wait_for()


@pytest.mark.parametrize(**TWO_LOOKS)
def test_campaigns_are_looked_at_by_days_and_stretches(visit, told, look):
    visitor = visit("demo", **look)
    page = visitor.page
    visitor.go_to("Campaigns")
    visitor.follow("Last 7 days")
    visitor.sees_charts()
    visitor.check()
    visitor.follow("spring")
    visitor.sees("From first conversation to qualified")
    conversations = page.locator("dl.figures > div").filter(has_text="Conversations").locator("dd")
    assert conversations.inner_text().startswith("2")
    page.get_by_label("From", exact=True).fill(str((datetime.now(UTC) - timedelta(days=60)).date()))
    page.get_by_label("Shown").select_option("by week")
    visitor.press("Show")
    page.wait_for_url("**granularity=week*")
    assert conversations.inner_text().startswith("3")
    assert page.get_by_role("region", name="Funnel").get_by_role("row", name="Picked up").count() == 1
    visitor.sees_charts()
    visitor.check()


@pytest.mark.parametrize(**TWO_LOOKS)
def test_an_administrator_reads_who_did_what(visit, used, look):
    visitor = visit("admin", **look)
    page = visitor.page
    visitor.go_to("Activity")
    visitor.sees_charts()
    visitor.check()
    visitor.go_to("Audit log")
    page.get_by_label("Who", exact=True).fill("demo")
    page.get_by_label("About").select_option("exports")
    visitor.press("Show")
    page.wait_for_url("**actor=demo*")
    entry = page.locator(".entries li").first
    entry.locator("summary").click()
    visitor.sees("Done to", within=entry)
    visitor.check()
    visitor.follow("open it", within=entry)
    assert page.get_by_text("Reference", exact=True).is_visible()
    visitor.go_to("Audit log")
    visitor.follow("is the log whole?")
    visitor.sees("Sealed", exact=True)
    assert not page.get_by_text("something was changed").count()
    visitor.check()
