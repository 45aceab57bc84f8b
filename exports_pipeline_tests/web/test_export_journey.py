"""Choosing, starting, watching and downloading, by clicking and typing, with and without scripts."""

import pytest

from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.web.conftest import violations

pytestmark = pytest.mark.slow  # a browser is started
WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 360, "height": 740}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_person_exports_and_downloads(viewer, scripts):
    page = viewer(signed_in_as=token_of("ann"), java_script_enabled=scripts)
    page.get_by_label("Search").fill("sale")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Sales", exact=True).click()
    page.get_by_text("CSV plain text").click()
    page.get_by_label("food").check()
    if not scripts:
        page.get_by_role("button", name="Look first").click()
    page.get_by_text("The first 2 rows").wait_for()
    assert page.get_by_role("region", name="The first rows").get_by_text("10.50").is_visible()
    page.get_by_role("button", name="Export", exact=True).click()
    page.wait_for_url("**/exports/*")
    link = page.get_by_role("link", name="Download")
    while not scripts and link.count() == 0:
        page.wait_for_timeout(100)
        page.get_by_role("link", name="Look again").click() if page.get_by_text("Look again").count() else page.reload()
    with page.expect_download() as started:
        link.click()
    body = started.value.path().read_text().splitlines()
    assert body[0] == "day,seller,shop,kind,amount,card"
    assert [line.split(",")[3] for line in body[1:]] == ["food", "food"]


def test_progress_is_followed_beside_the_form_which_stays_as_it_was_filled(viewer):
    page = viewer(signed_in_as=token_of("ann"))
    page.goto("/datasets/sales?style=csv")
    page.get_by_label("food").check()
    page.get_by_role("button", name="Export", exact=True).click()
    started = page.locator("#started")
    started.get_by_role("link", name="Download").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Your export"
    assert page.get_by_label("food").is_checked()
    assert violations(page) == []
    first = page.url
    page.go_back()
    started.wait_for(state="hidden")
    assert page.get_by_label("food").is_checked()
    page.get_by_text("Send it to somebody").click()
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("alert").get_by_text("e-mail address").wait_for()
    page.get_by_label("E-mail").fill("")
    page.get_by_role("button", name="Export", exact=True).click()
    page.wait_for_url("**/exports/*")
    assert page.url != first
    page.reload()
    assert page.get_by_role("heading", name="Sales CSV").is_visible()


def test_again_with_changes_fills_the_form_as_before(viewer):
    page = viewer(signed_in_as=token_of("ann"))
    page.goto("/datasets/sales?style=csv-german&tag_ids=toys&start_date=2026-01-01&columns=amount")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("link", name="Download").wait_for()
    page.get_by_role("link", name="Again with changes").click()
    assert page.get_by_label("German style").is_checked()
    assert page.get_by_label("toys").is_checked()
    assert not page.get_by_label("food").is_checked()
    assert page.get_by_label("From").input_value() == "2026-01-01"


def test_what_is_refused_is_told_beside_the_form(viewer):
    page = viewer(signed_in_as=token_of("ann"), java_script_enabled=False)
    page.goto("/datasets/sales?start_date=2026-02-01&end_date=2026-01-01&style=csv")
    page.get_by_role("button", name="Export", exact=True).click()
    assert "lies before the start date" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("From").input_value() == "2026-02-01"


def test_somebody_elses_export_is_not_there(viewer, ports):
    ann = viewer(signed_in_as=token_of("ann"))
    ann.goto("/datasets/sales")
    ann.get_by_role("button", name="Export", exact=True).click()
    ann.wait_for_url("**/exports/*")
    bob = viewer(signed_in_as=token_of("bob"))
    answer = bob.goto(ann.url)
    assert answer.status == 404
    assert bob.get_by_text("There is no export job").is_visible()


@pytest.mark.parametrize("look", [("light", WIDE), ("dark", WIDE), ("light", NARROW)], ids=["light", "dark", "narrow"])
def test_every_page_is_accessible(viewer, look):
    scheme, size = look
    page = viewer(signed_in_as="", color_scheme=scheme, viewport=size)
    assert violations(page) == []
    page.get_by_label("Bearer token").fill(token_of("ann"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    for path in ("/datasets", "/datasets/sales", "/exports", "/exports/nonsense"):
        page.goto(path)
        if path == "/datasets/sales":
            page.get_by_text("The first 3 rows").wait_for()
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the window"
    page.goto("/datasets/sales")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("link", name="Download").wait_for()
    assert violations(page) == []


def test_the_keyboard_alone_is_enough(viewer):
    page = viewer(signed_in_as=token_of("ann"))
    page.goto("/datasets/sales")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("button", name="Export", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Download").wait_for()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_person_makes_a_report(viewer, scripts):
    page = viewer(signed_in_as=token_of("ann"), java_script_enabled=scripts)
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="Metrics summary", exact=True).click()
    page.get_by_label("Dataset").select_option("sales")
    if not scripts:
        page.get_by_role("button", name="Use this dataset").click()
    page.get_by_text("More choices").click()
    page.get_by_label("By", exact=True).select_option("kind")
    assert page.get_by_label("amount").is_visible()
    assert violations(page) == [] if scripts else True
    page.get_by_role("button", name="Make the report").click()
    page.wait_for_url("**/exports/*")
    assert page.get_by_role("heading", name="Metrics summary").is_visible()
