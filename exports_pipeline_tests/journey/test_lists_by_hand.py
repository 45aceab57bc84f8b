"""Exports of the real stack that do not simply succeed, by clicking: stopped, failed, sent again, and many at once."""

import pytest

from exports_pipeline_tests.journey.export_form import ExportForm
from exports_pipeline_tests.journey.visitor import TWO_LOOKS

pytestmark = pytest.mark.slow


def open_form(visitor, dataset, *, style="csv"):
    visitor.page.goto(f"/datasets/{dataset}?style={style}")
    return ExportForm(visitor)


@pytest.mark.parametrize(**TWO_LOOKS)
def test_progress_is_watched_and_stopped_beside_the_form_and_on_its_page(visit, look):
    visitor = visit("demo", **look)
    page = visitor.page
    beside = page.get_by_role("region", name="What you will get")
    for stops_on_its_page in (False, True):
        open_form(visitor, "endless_rows").start()
        visitor.sees("Rows a second", within=beside)
        visitor.sees("%", within=beside)
        visitor.check()
        if stops_on_its_page:
            visitor.follow("Open its page")
            visitor.sees("Rows a second")
            visitor.check()
        visitor.press("Cancel")
        visitor.sees("Cancelled", exact=True)
        assert page.get_by_role("heading", name="Endless rows").is_visible()
    visitor.check()


@pytest.mark.parametrize(**TWO_LOOKS)
def test_a_failure_says_what_to_do(visit, look):
    visitor = visit("demo", **look)
    open_form(visitor, "broken_rows").start()
    visitor.sees("What now?")
    visitor.sees("tell your administrator the reference below")
    visitor.follow("Open its page")
    visitor.check()
    visitor.follow("Again with changes")
    assert visitor.page.get_by_role("heading", name="Broken rows").is_visible()


@pytest.fixture
def month_end(stack, far_ends):
    """A saved destination of alice's that refuses whatever comes until it is mended."""
    place = {"name": "Month end", **far_ends.hook}
    answer = stack.caller("alice").http.post("/api/analytics/destinations", json=place)
    assert answer.status_code == 201, answer.text
    far_ends.webhooks.taken.clear()
    far_ends.webhooks.answer = (410, b"gone")
    yield far_ends.webhooks
    far_ends.webhooks.answer = (200, b"thanks")


def test_a_delivery_that_failed_is_sent_again(visit, month_end):
    visitor = visit("alice")
    page, form = visitor.page, open_form(visitor, "airlines")
    page.get_by_text("Send it to somebody").click()
    page.get_by_role("checkbox", name="Month end").check()
    form.start()
    visitor.follow("Open its page")
    while not page.get_by_text("Send again").count():
        page.reload()
    visitor.check()
    month_end.answer = (200, b"thanks")
    page.get_by_role("button", name="Send again").click()
    while not page.get_by_text("sent", exact=True).count():
        page.reload()
    visitor.check()
    assert [body["data"]["dataset"] for _, _, body in month_end.taken[-1:]] == ["airlines"]


@pytest.fixture(scope="module")
def bob(stack):
    return stack.caller("bob")


@pytest.fixture
def three_under_way(bob):
    """The ids of exports of bob's that take minutes; none of them goes on after the test."""
    jobs = [bob.export("endless_rows") for _ in range(3)]
    yield jobs
    for job in bob.http.get("/api/analytics/exports", params={"dataset": "endless_rows"}).json()["items"]:
        bob.post(job["job_id"], "cancel")


@pytest.mark.parametrize(**TWO_LOOKS)
def test_many_are_filtered_stopped_and_tried_again_at_once(visit, stack, three_under_way, look):
    visitor = visit("admin", **look)
    page = visitor.page
    boxes = page.get_by_role("region", name="Exports").get_by_role("checkbox")

    def filter_by(**chosen):
        for label, value in chosen.items():
            page.get_by_label(label.replace("_", " "), exact=True).select_option(value)
        visitor.press("Show")

    visitor.go_to("My exports")
    filter_by(Whose="everybody's", Dataset_or_report="endless_rows")
    visitor.sees("Running", exact=True)  # the list follows what happens; a filter by status is as it was when asked
    filter_by(Status="running")
    visitor.sees("bob")
    filter_by(Status="")
    rows = page.get_by_role("row").filter(has_text="bob")
    visitor.check()
    mine = [page.locator(f'input[value="{job}"]') for job in three_under_way]
    for each in mine[:2]:
        each.check()
    visitor.press("Cancel the chosen")
    visitor.sees("2 cancelled.")
    assert rows.filter(has_text="Cancelled").count() >= 2
    assert page.get_by_label("Whose").input_value() == "all", "filters stay"
    filter_by(Status="cancelled")
    for each in mine[:2]:
        each.check()
    visitor.press("Try the chosen again")
    visitor.sees("2 queued again.")
    visitor.check()
    page.goto("/exports?whose=all&dataset=endless_rows")
    for each in mine:
        each.check()
    visitor.press("Cancel the chosen")
    visitor.sees("3 cancelled.")
    assert boxes.count() >= len(three_under_way)


def test_nobody_else_sees_everybodys(visit):
    visitor = visit("alice")
    visitor.go_to("My exports")
    whose = visitor.page.get_by_label("Whose")
    assert whose.get_by_role("option").all_inner_texts() == ["mine", "shared with me"]
    assert visitor.page.goto("/exports?whose=all").status in {200, 403}
    assert not visitor.page.get_by_text("Endless rows").count()
