"""Schedules and reports of the real stack by clicking and typing: made, explained, tried, run and shared."""

import pytest

from exports_pipeline_tests.journey.export_form import ExportForm
from exports_pipeline_tests.journey.visitor import TWO_LOOKS, rows_of

pytestmark = pytest.mark.slow

SCHEDULES, TEAMS = "/api/analytics/schedules", "/api/analytics/teams"


@pytest.fixture(scope="module")
def ticking(demo):
    """The id of a schedule of demo's that comes due every minute, made before all others of this module."""
    wish = {"name": "Every minute", "kind": "export", "body": {"dataset_id": "airlines"}, "format": "csv"}
    answer = demo.http.post(SCHEDULES, json={**wish, "cron": "* * * * *"})
    assert answer.status_code == 201, answer.text
    yield answer.json()["id"]
    assert demo.http.delete(f"{SCHEDULES}/{answer.json()['id']}").status_code == 204


@pytest.fixture(scope="module")
def finance(stack, demo):
    """A team of demo and alice."""
    admin, alice = stack.caller("root", "ADMIN"), stack.caller("alice")
    team = admin.http.post(TEAMS, json={"name": "Finance"}).json()["id"]
    for each in (demo, alice):
        me = each.http.get("/api/analytics/me").json()["user_id"]
        assert admin.http.put(f"{TEAMS}/{team}/members/{me}", json={}).status_code == 200
    yield team
    assert admin.http.delete(f"{TEAMS}/{team}").status_code == 204


def choose_rows(visitor):
    """Fill what is made: demo's food from February on, as CSV."""
    page = visitor.page
    page.get_by_label("Name", exact=True).fill("Food of the week")
    page.get_by_label("Days").select_option("The same days every time")
    page.get_by_label("From").fill("2024-02-01")
    page.get_by_text("Only some rows or columns").click()
    ExportForm(visitor).pick("Tags", "food", typed="foo")
    page.get_by_role("checkbox", name="Excel workbook").uncheck()
    page.get_by_role("checkbox", name="CSV plain text").check()


def choose_times(visitor):
    """Choose a day of the week, then working days by an expression; both are explained while they are chosen."""
    page = visitor.page
    page.get_by_text("Every week").click()
    page.get_by_label("Monday", exact=True).check()
    page.get_by_label("Time of day").fill("07:30")
    visitor.sees("Every Monday at 07:30")
    assert page.get_by_role("list", name="The next ten times").get_by_role("listitem").count() == 10
    page.get_by_text("Custom (cron)").click()
    page.get_by_label("Cron expression").fill("30 7 * * MON-FRI")
    visitor.sees("Monday to Friday at 07:30")


@pytest.mark.parametrize(**TWO_LOOKS)
def test_a_person_makes_a_schedule_tries_it_runs_it_and_shares_it(visit, ticking, finance, look):
    visitor, other = visit("demo", **look), visit("alice", **look)
    page, form = visitor.page, ExportForm(visitor)
    visitor.go_to("Schedules")
    visitor.follow("New schedule")
    visitor.check()
    visitor.follow("Transactions Every booked transaction", exact=False)
    choose_rows(visitor)
    choose_times(visitor)
    page.get_by_label("To", exact=True).last.fill("finance@example.com")
    page.get_by_role("checkbox", name="Finance").check()
    visitor.press("Test address 1")
    visitor.sees("reached the server")
    assert form.has_picked("food"), "what was filled in stays while an address is tried"
    visitor.check()
    visitor.press("Save the schedule")
    visitor.sees("The schedule is saved.")
    visitor.sees("Shared with")
    schedule = page.url.partition("?")[0]

    visitor.press("Run now")
    visitor.sees("It runs now, once")
    visitor.check()
    page.get_by_role("list", name="Last runs, oldest first").get_by_role("link").last.click()
    rows = rows_of(visitor.downloads(page.get_by_role("link", name="Download")))
    assert rows
    assert all("food" in row["tags"] for row in rows)

    other.go_to("Schedules")
    other.follow("Shared with you")
    other.follow("Food of the week")
    other.press("Pause")
    other.sees("It is paused.")

    page.goto(schedule)
    visitor.press("Resume")
    visitor.sees("It runs again")
    visitor.follow("Edit")
    assert form.has_picked("food")
    page.get_by_role("checkbox", name="Finance").uncheck()
    visitor.press("Save the schedule")
    visitor.sees("Your changes are saved.")
    assert other.page.goto(schedule).status == 404
    page.get_by_text("Delete this schedule").click()
    visitor.press("Delete it")
    visitor.sees("The schedule is deleted.")


@pytest.mark.parametrize(**TWO_LOOKS)
def test_a_person_makes_a_report_and_has_it_recur(visit, ticking, look):
    visitor = visit("UA", **look)
    page = visitor.page
    visitor.go_to("Reports")
    visitor.check()
    visitor.follow("Metrics summary")
    page.get_by_label("Dataset").select_option("flights")
    page.get_by_text("More choices").click()
    page.get_by_label("By", exact=True).select_option("origin")
    page.get_by_label("First day").fill("2013-07-01")
    page.get_by_label("Last day").fill("2013-07-31")
    page.get_by_role("checkbox", name="Arrival delay").check()
    visitor.check()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Preview").click()
    opened.value.get_by_text("EWR").locator("visible=true").first.wait_for()
    opened.value.close()
    visitor.press("Make the report")
    page.wait_for_url("**/exports/*")
    path = visitor.downloads(page.get_by_role("link", name="Download"))
    assert path.read_bytes().startswith(b"%PDF")
    visitor.check()
    visitor.follow("Again with changes")
    assert page.get_by_label("By", exact=True).input_value() == "origin"
    visitor.press("Schedule this report")
    visitor.check()
    page.get_by_text("Every month").click()
    visitor.sees("of the month")
    visitor.press("Save the schedule")
    visitor.sees("The schedule is saved.")
    visitor.sees("Metrics summary")


@pytest.mark.parametrize(**TWO_LOOKS)
def test_a_tick_leaves_a_square_that_leads_to_what_it_made(visit, ticking, look):
    visitor = visit("demo", **look)
    page = visitor.page
    strip = page.get_by_role("list", name="Last runs, oldest first")
    page.goto(f"/schedules/{ticking}")
    while not strip.locator(".tick.ran").count():
        page.wait_for_timeout(500)
        page.reload()
    square = strip.locator(".tick.ran").last
    assert square.inner_text().endswith("ran")
    visitor.check()
    square.click()
    visitor.sees("16 rows")
    visitor.go_to("Schedules")
    visitor.sees("Every minute")
    visitor.check()
