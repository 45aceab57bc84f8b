"""Exports and operations in a browser: what scripts add, and that every look of a page is accessible."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.errors import Fault
from exports_pipeline.core.export_job import JobError, Progress
from exports_pipeline.core.figures import Figures
from exports_pipeline.core.lifecycle import Status
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.builders import entry, new_job
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.conftest import violations

pytestmark = pytest.mark.slow  # a browser is started
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture
def root():
    return token_of("root", "MANAGE_EXPORTS", "UNMASK")


@pytest.fixture
def idle(app):
    """Nothing is launched: jobs stay as they are put."""
    app.state.parts = replace(app.state.parts, dispatch_soon=lambda: None)


@pytest.fixture
def put(ports):
    """Puts a job into the ledger as if it had come so far."""

    def put(**changes):
        job = ports.jobs.add(new_job("root"), entry(new_job("root")))
        ports.jobs.jobs[job.id] = replace(job, **changes)
        return job.id

    return put


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def export(page, *, dataset="sales"):
    page.goto(f"/datasets/{dataset}?style=csv")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("link", name="Download").wait_for()


@pytest.mark.parametrize("look", [("light", WIDE), ("dark", NARROW)], ids=["light and wide", "dark and narrow"])
def test_every_page_of_exports_is_accessible(viewer, ports, app, idle, put, root, look):
    scheme, size = look
    app.state.look_at_machinery = list
    ports.figures.figures = Figures(pending=4, slots_taken=1, oldest_due_at=NOON - timedelta(minutes=3))
    error = JobError(code="query_failed", sentence="The data broke.", fault=Fault.SERVICE)
    far = Progress(rows=1_000, total_rows=4_000, bytes=5_000)
    running = put(status=Status.RUNNING, started_at=NOON - timedelta(seconds=9), progress=far)
    failed = put(status=Status.FAILED, error=error, completed_at=NOON, run_id="12ab")
    waiting, cancelled = put(), put(status=Status.CANCELLED, completed_at=NOON)
    page = viewer(signed_in_as=root, color_scheme=scheme, viewport=size)
    jobs = (f"/exports/{job}" for job in (running, failed, waiting, cancelled))
    for path in ("/datasets/sales", "/exports?whose=all", "/operations", *jobs):
        page.goto(path)
        for folded in page.locator("summary").all():
            folded.click()
        assert violations(page) == [], path
        assert fits(page), f"{path} is wider than the window"


def test_a_finished_export_and_its_receipt_are_accessible(viewer, root):
    page = viewer(signed_in_as=root, viewport=NARROW)
    page.goto("/datasets/sales?style=csv&to_email=boss@example.com")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_text("waiting to be sent").wait_for()
    assert violations(page) == []
    assert fits(page)
    page.get_by_role("link", name="Receipt").click()
    assert violations(page) == []
    assert fits(page)


def test_a_file_downloads_itself_once_if_asked_to(viewer, root):
    page = viewer(signed_in_as=root)
    page.goto("/datasets/sales")
    page.get_by_label("Download it as soon as it is ready").check()
    with page.expect_download() as started:
        page.get_by_role("button", name="Export", exact=True).click()
    assert started.value.path().stat().st_size > 0
    assert "download" not in page.url.rpartition("/")[2], "loaded again, the page downloads nothing"


def test_a_receipt_knows_its_file(viewer, root, tmp_path):
    page = viewer(signed_in_as=root)
    export(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    page.get_by_role("link", name="Receipt").click()
    page.get_by_label("Choose a file to compare").set_input_files(started.value.path())
    page.get_by_text("Yes: this is the file, to the last byte.").wait_for()
    other = tmp_path / "other.csv"
    other.write_bytes(started.value.path().read_bytes() + b"1")
    page.get_by_label("Choose a file to compare").set_input_files(other)
    page.get_by_text("No: this is another file").wait_for()


def test_the_time_that_is_left_is_counted_down(viewer, root):
    page = viewer(signed_in_as=root)
    export(page)
    page.get_by_text("23 hours 59 minutes").wait_for()


def test_values_are_searched_while_one_types_and_stay_chosen(viewer):
    page = viewer(signed_in_as=token_of("ann"))
    page.goto("/datasets/sales")
    tags = page.get_by_role("group", name="Tags", exact=True)
    tags.get_by_label("food").check()
    search = page.get_by_role("searchbox", name="Search tags")
    search.fill("zz")
    tags.get_by_label("toys").wait_for(state="detached")
    assert tags.get_by_label("food").is_checked()
    search.fill("to")
    page.keyboard.press("Enter")
    tags.get_by_label("toys").check()
    assert page.get_by_text("2 chosen").is_visible()
    assert page.url.endswith("/datasets/sales"), "searching sends nothing"


def test_the_list_follows_what_happens_and_keeps_what_is_ticked(viewer, idle, put, ports, root):
    job_id = put()
    page = viewer(signed_in_as=root)
    page.goto("/exports")
    box = page.get_by_role("checkbox", name="Choose the export of Sales")
    box.check()
    page.get_by_text("Waiting", exact=True).wait_for()
    ports.jobs.jobs[job_id] = replace(ports.jobs.jobs[job_id], status=Status.CANCELLED, completed_at=NOON)
    page.get_by_text("Cancelled", exact=True).wait_for()
    assert box.is_checked()
    page.get_by_role("button", name="Try the chosen again").click()
    assert page.get_by_text("1 queued again.").is_visible()


def test_another_format_is_one_choice_away(viewer, root):
    page = viewer(signed_in_as=root, java_script_enabled=False)
    page.goto("/datasets/sales?style=csv")
    page.get_by_role("button", name="Export", exact=True).click()
    while not page.get_by_label("The same rows as").count():
        page.reload()
    first = page.url
    page.get_by_label("The same rows as").select_option("JSON")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/exports/*")
    assert page.url != first
    assert page.get_by_role("heading", name="Sales JSON").is_visible()


def test_hostile_names_stay_within_their_page(viewer, idle, put, root):
    name = "<img src=x onerror=alert(1)> \u202etxt.exe\u202c 🧨 " + "W" * 450
    job_id = put(dataset_title=name, status=Status.CANCELLED, completed_at=NOON)
    page = viewer(signed_in_as=root, viewport=NARROW)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for path in (f"/exports/{job_id}", "/exports?whose=all"):
        page.goto(path)
        assert page.locator("img[src=x]").count() == 0
        assert fits(page), path
        assert violations(page) == [], path
