"""The tour of the pages in pictures: `python -m exports_pipeline_tests.tour` renews it from a stack with the sample."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from exports_pipeline_tests.browser import opened_chromium
from exports_pipeline_tests.journey.running_stack import RunningStack
from exports_pipeline_tests.lived_stack import live_through

FOLDER = Path(__file__).parents[1] / "docs/tour"
WIDE_PX, NARROW_PX = 1200, 390
_IS_DRAWN = """() => [...document.querySelectorAll(".drawing")].every((place) => place.querySelector("svg"))
    && (document.querySelector("#estimate dl") || !document.querySelector("#estimate"))"""
"""What comes after a page itself: charts, and the estimate of an export."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One page as somebody sees it."""

    name: str
    """Of its picture."""
    person: str
    """Of the sample; empty before anybody signs in."""
    address: str
    """`{job}` and `{schedule}` stand for the ids of an export and of a schedule."""
    heading: str = ""
    """What is brought to the top; empty for the top of the page."""
    height: int = 800
    is_narrow: bool = False
    is_dark: bool = False


VIEWS = (
    View(name="sign-in", person="", address="/sign-in"),
    View(name="datasets", person="UA", address="/datasets"),
    View(
        name="export-form",
        person="UA",
        address="/datasets/flights?style=xlsx&start_date=2013-07-01&end_date=2013-07-31",
    ),
    View(name="export", person="demo", address="/exports/{job}"),
    View(name="receipt", person="demo", address="/exports/{job}/receipt"),
    View(name="exports", person="demo", address="/exports"),
    View(name="reports", person="demo", address="/reports"),
    View(name="schedule-editor", person="demo", address="/schedules/new?dataset=fct_transactions", heading="When"),
    View(name="schedules", person="demo", address="/schedules"),
    View(name="schedule", person="demo", address="/schedules/{schedule}"),
    View(name="insights", person="admin", address="/insights?range=last-90-days", height=1250),
    View(
        name="insights-phone",
        person="admin",
        address="/insights?range=last-90-days",
        heading="How exports were delivered",
        is_narrow=True,
        is_dark=True,
    ),
    View(name="campaigns", person="demo", address="/campaigns"),
    View(name="campaign", person="demo", address="/campaigns/spring", height=1250),
    View(name="activity", person="admin", address="/activity", heading="Most active"),
    View(name="audit", person="admin", address="/audit"),
    View(name="operations", person="admin", address="/operations?check=1", is_dark=True),
)


def picture_of(view, browser, url, ids):
    """What a view shows, above the fold."""
    look = browser.new_context(
        base_url=url,
        viewport={"width": NARROW_PX if view.is_narrow else WIDE_PX, "height": view.height},
        color_scheme="dark" if view.is_dark else "light",
        locale="en-GB",
        timezone_id="Europe/Prague",
    )
    page = look.new_page()
    page.goto("/sign-in")
    if view.person:
        page.get_by_role("button", name=view.person, exact=True).click()
    page.goto(view.address.format(**ids))
    page.wait_for_load_state("networkidle")
    page.wait_for_function(_IS_DRAWN)
    if view.heading:
        page.get_by_role("heading", name=view.heading, exact=True).evaluate("element => element.scrollIntoView()")
    seen = Image.open(BytesIO(page.screenshot())).convert("RGB")
    look.close()
    return seen


def main() -> None:
    """Write all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="tour-") as name, opened_chromium() as browser:
        stack = RunningStack(Path(name) / "home")
        stack.up()
        try:
            ids = live_through(stack, Path(name))
            for view in VIEWS:
                seen = picture_of(view, browser, stack.api_url, ids)
                seen.save(FOLDER / f"{view.name}.webp", quality=60, method=6)
        finally:
            stack.close()


if __name__ == "__main__":
    main()
