"""Making, reading, changing and running a schedule by clicking and typing, with and without scripts."""

import pytest

from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.web.conftest import violations
from exports_pipeline_tests.web.schedule_pages import HOSTILE, scheduled, ticked

pytestmark = pytest.mark.slow  # a browser is started
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_person_makes_a_schedule_runs_it_and_pauses_it(viewer, scripts):
    page = viewer(signed_in_as=token_of("ann"), java_script_enabled=scripts)
    page.get_by_role("link", name="Schedules", exact=True).click()
    page.get_by_role("link", name="New schedule").click()
    page.get_by_role("link", name="Sales One row per sale.").click()
    page.get_by_label("Name", exact=True).fill("Sales of the week")
    page.get_by_label("Days").select_option("The week before, Monday to Sunday")
    assert not page.get_by_label("Monday", exact=True).is_visible(), "days of the week are for weekly ones"
    page.get_by_text("Every week").click()
    page.get_by_label("Monday", exact=True).check()
    page.get_by_label("Time of day").fill("07:30")
    if not scripts:
        page.get_by_role("button", name="Show the next times").click()
    page.get_by_text("Every Monday at 07:30").wait_for()
    assert page.get_by_role("list", name="The next ten times").get_by_role("listitem").count() == 10
    page.get_by_label("To", exact=True).last.fill("finance@example.com")
    page.get_by_role("button", name="Test address 1").click()
    page.get_by_text("reached the server").wait_for()
    assert not scripts or violations(page) == []
    assert page.get_by_label("Name", exact=True).input_value() == "Sales of the week"
    page.get_by_role("button", name="Save the schedule").click()
    page.get_by_text("The schedule is saved.").wait_for()
    assert page.get_by_text("finance@example.com").is_visible()
    page.get_by_role("button", name="Run now").click()
    page.get_by_text("It runs now, once").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("It is paused.").wait_for()
    page.get_by_role("list", name="Last runs, oldest first").get_by_role("link").click()
    page.wait_for_url("**/exports/*")


def test_what_is_wrong_stands_beside_its_field(viewer):
    page = viewer(signed_in_as=token_of("ann"))
    page.goto("/schedules/new?dataset=sales")
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_text("Custom (cron)").click()
    page.get_by_label("Cron expression").fill("30 7 * * MON-FRI")
    page.get_by_text("Monday to Friday at 07:30").wait_for()
    page.get_by_role("button", name="Save the schedule").click()
    page.get_by_text("Give it a name").wait_for()
    assert page.get_by_label("Name", exact=True).get_attribute("aria-describedby") == "f-name"
    assert page.get_by_label("Cron expression").input_value() == "30 7 * * MON-FRI"
    assert violations(page) == []


def test_a_tick_tells_its_day_and_outcome_when_it_is_reached(viewer, ports):
    schedule = scheduled(ports)
    ticked(ports, hours=25)
    page = viewer(signed_in_as=token_of("ann"))
    page.goto(f"/schedules/{schedule.id}")
    tick = page.get_by_role("link", name="Mon, 2 Mar 2026, 13:00 CET: at work")
    said = tick.locator(".said")
    assert said.evaluate("each => getComputedStyle(each).opacity") == "0"
    tick.focus()
    assert said.evaluate("each => getComputedStyle(each).opacity") == "1"


@pytest.mark.parametrize("look", [("light", WIDE), ("dark", WIDE), ("dark", NARROW)], ids=["light", "dark", "narrow"])
def test_every_page_of_schedules_is_accessible(viewer, ports, look):
    scheme, size = look
    schedule = scheduled(ports, name=HOSTILE, timezone="America/New_York")
    page = viewer(signed_in_as=token_of("ann"), color_scheme=scheme, viewport=size)
    page.goto("/schedules?of=shared")
    assert violations(page) == []
    ticked(ports, hours=49)
    editor = f"/schedules/{schedule.id}/edit"
    report = "/schedules/new?from_report=metrics_summary&dataset=sales"
    for path in ("/schedules", f"/schedules/{schedule.id}", editor, "/schedules/new", report, "/reports"):
        page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the window"
