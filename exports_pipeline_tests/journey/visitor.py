"""A person at a browser in front of the real stack, who clicks, types and reads."""

import csv
import hashlib

from exports_pipeline_tests.web.conftest import violations

NARROW = {"width": 360, "height": 740}
LIGHT = {"viewport": {"width": 1280, "height": 900}}
DARK_AND_NARROW = {"color_scheme": "dark", "viewport": NARROW}
WITHOUT_SCRIPTS = {**DARK_AND_NARROW, "java_script_enabled": False}
TWO_LOOKS = {"argnames": "look", "argvalues": [LIGHT, DARK_AND_NARROW], "ids": ["light and wide", "dark and narrow"]}


class Visitor:
    """Somebody who looks at one page after the other."""

    def __init__(self, page, look):
        self.page = page
        self.scripts = look.get("java_script_enabled", True)

    def press(self, name, within=None):
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def go_to(self, name):
        """Follow one of the links that stand on every page."""
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()

    def follow(self, name, within=None, *, exact=True):
        (within or self.page).get_by_role("link", name=name, exact=exact).first.click()

    def sees(self, text, within=None, *, exact=False):
        (within or self.page).get_by_text(text, exact=exact).first.wait_for()

    def sees_charts(self, count=1):
        self.page.locator(".drawing svg").nth(count - 1).wait_for()

    def check(self):
        """Nobody is kept out of a page, and none is wider than its window; where scripts run, which look for it."""
        if self.scripts:
            assert violations(self.page) == [], self.page.url
            fits = self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert fits, f"{self.page.url} is wider than the window"

    def awaits(self, link):
        """The link once it is there; without scripts by asking for the page again."""
        while not self.scripts and not link.count():
            self.follow("Look again") if self.page.get_by_text("Look again").count() else self.page.reload()
        link.wait_for()
        return link

    def downloads(self, link):
        """Where a file is kept that a link hands out."""
        with self.page.expect_download() as started:
            link.click()
        return started.value.path()


def rows_of(path):
    """The rows of a CSV file as texts."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
