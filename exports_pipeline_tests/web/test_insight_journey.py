"""Looking at the insights as a person does: charts, clicks on them, filters, files, and the widget on another site."""

import re

import pytest

from exports_pipeline_tests.another_site import served_site
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.web.conftest import violations
from exports_pipeline_tests.web.used import use

pytestmark = pytest.mark.slow  # a browser is started
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
ROOT = token_of("root", "MANAGE_EXPORTS", "EXPORT")
CHARTS = 5
CUT_OFF = """() => [...document.querySelectorAll(".drawing svg")].flatMap((drawing) => {
    const within = drawing.getBoundingClientRect();
    const isCut = ({ left, right }) => left < within.left - 1 || right > within.right + 1;
    return [...drawing.querySelectorAll("text")]
        .filter((text) => getComputedStyle(text).opacity !== "0" && isCut(text.getBoundingClientRect()))
        .map((text) => text.textContent);
})"""
"""The texts of charts that reach beyond their drawings."""


@pytest.fixture
def ports(counted_ports):
    use(counted_ports, jobs=60)
    return counted_ports


@pytest.fixture
def another_site():
    with served_site() as origin:
        yield origin


def drawn(page, count=CHARTS):
    page.locator(".drawing svg").nth(count - 1).wait_for()


def test_a_click_on_a_bar_lists_its_exports(viewer):
    page = viewer(signed_in_as=ROOT)
    page.get_by_role("link", name="Insights").click()
    drawn(page)
    bar = page.locator('.drawing [aria-roledescription="bar"]').nth(3)
    bar.hover()
    told = page.locator(".tip:visible").inner_text()
    week, way, count = re.fullmatch(r"(.+) · (.+): (\d+)", told).groups()
    bar.click()
    page.wait_for_url("**/insights/jobs?*")
    assert page.get_by_role("table").locator("tbody tr").count() == int(count)
    assert page.get_by_label("Filters").get_by_text(way).is_visible()
    assert week in page.get_by_text("Ended from").inner_text()
    page.go_back()
    drawn(page)
    page.locator(".drawing .mark-arc path").first.click()
    page.wait_for_url("**/insights/jobs?*tag=*")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_filters_and_ranges_narrow_and_can_be_sent_on(viewer, scripts):
    page = viewer(signed_in_as=ROOT, java_script_enabled=scripts)
    page.goto("/insights")
    page.get_by_label("Tag", exact=True).select_option("food")
    page.get_by_label("Person").select_option("ann")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Last 30 days").click()
    assert {"tag=food", "range=last-30-days"} <= set(page.url.partition("?")[2].split("&"))
    assert page.get_by_label("Tag", exact=True).input_value() == "food"
    other = viewer(signed_in_as=ROOT, java_script_enabled=scripts)
    other.goto(page.url)
    assert other.locator("dl.figures").inner_text() == page.locator("dl.figures").inner_text()
    numbers = page.get_by_role("region", name="The numbers of How exports were delivered")
    if scripts:
        drawn(page)
        page.get_by_text("The numbers of How exports were delivered").click()
    assert numbers.is_visible()
    numbers.get_by_role("link").first.click()
    assert page.get_by_role("heading", name="Exports behind a figure").is_visible()


def test_without_what_draws_the_numbers_stand_open(viewer):
    page = viewer(signed_in_as=ROOT)
    page.route("**/vega.js", lambda route: route.abort())
    page.goto("/insights")
    page.get_by_role("region", name="The numbers of Tags").wait_for()
    assert page.locator(".drawing:visible").count() == 0


@pytest.mark.parametrize("look", [("light", WIDE), ("dark", WIDE), ("light", NARROW)], ids=["light", "dark", "narrow"])
def test_the_insights_are_accessible(viewer, app, look):
    app.state.seals.origins = ("https://intranet.example.com",)
    scheme, size = look
    page = viewer(signed_in_as=ROOT, color_scheme=scheme, viewport=size)
    page.goto("/insights?range=last-30-days")
    drawn(page)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the window"
    page.get_by_role("button", name="Make the address").click()
    assert violations(page) == []
    page.goto(page.get_by_role("link", name="Look at it").get_attribute("href"))
    drawn(page, 2)
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/insights?range=last-year", "/insights/jobs"])
def test_what_is_beside_the_charts_is_accessible_and_fits_a_phone(viewer, path):
    page = viewer(signed_in_as=ROOT, viewport=NARROW)
    page.goto(path)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the window"


def test_the_widget_shows_on_the_named_site_alone(viewer, chromium, app, another_site):
    app.state.seals.origins = (another_site,)
    page = viewer(signed_in_as=ROOT)
    page.goto("/insights")
    page.get_by_label("Good for").select_option("7 days")
    page.get_by_role("button", name="Make the address").click()
    address = page.get_by_role("link", name="Look at it").get_attribute("href")
    with chromium.new_context() as stranger:
        elsewhere = stranger.new_page()
        elsewhere.goto(f"{another_site}/{address}")
        frame = elsewhere.frame_locator("iframe")
        frame.locator(".drawing svg").nth(1).wait_for()
        assert frame.get_by_text("60", exact=True).first.is_visible()
        app.state.seals.origins = ("https://elsewhere.example.com",)
        with elsewhere.expect_console_message(lambda said: "frame-ancestors" in said.text):
            elsewhere.reload()


def test_no_letter_of_a_chart_is_cut_off_on_a_phone(viewer):
    page = viewer(signed_in_as=ROOT, viewport=NARROW)
    page.goto("/insights?range=last-30-days")
    drawn(page)
    assert page.evaluate(CUT_OFF) == []
