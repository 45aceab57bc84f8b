"""The form of an export, as a person fills it."""

import re
from datetime import datetime


class ExportForm:
    """The page of a dataset."""

    def __init__(self, visitor):
        self.visitor, self.page = visitor, visitor.page

    @staticmethod
    def found(visitor, *, word, title):
        """Look for a dataset by a word, and open its form."""
        visitor.go_to("Datasets")
        visitor.page.get_by_role("searchbox", name="Search").fill(word)
        visitor.press("Search")
        visitor.follow(title)
        return ExportForm(visitor)

    def choose(self, style):
        self.page.get_by_role("radio", name=style).check()

    def choose_days(self, preset, *, first, last):
        """Choose the days by a word; without scripts by typing both of them."""
        if self.visitor.scripts:
            self.page.get_by_label("Or", exact=True).select_option(preset)
        else:
            self.page.get_by_label("From", exact=True).fill(first)
            self.page.get_by_label("To", exact=True).fill(last)
        self.shows_days(first, last)

    def shows_days(self, first, last):
        shown = [self.page.get_by_label(name, exact=True).first.input_value() for name in ("From", "To")]
        assert shown == [first, last]

    def pick(self, title, value, *, typed):
        """Search the values of a field, and tick one."""
        self.page.get_by_role("searchbox", name=f"Search {title.lower()}").fill(typed)
        if not self.visitor.scripts:
            picker = self.page.get_by_role("group").filter(has=self.page.get_by_placeholder(f"Search {title.lower()}"))
            self.visitor.press("Search", within=picker)
        group = self.page.get_by_role("group", name=title, exact=True).filter(has_not_text="None chosen")
        if self.visitor.scripts:
            group.get_by_role("checkbox").nth(1).wait_for(state="detached")
        group.get_by_role("checkbox", name=value, exact=True).check()

    def has_picked(self, value):
        return self.page.get_by_role("checkbox", name=value, exact=True).is_checked()

    def choose_columns(self, *titles):
        group = self.page.get_by_role("group", name="Columns", exact=True).filter(has_not_text="None chosen")
        for title in titles:
            group.get_by_role("checkbox", name=re.compile(rf"^{re.escape(title)} ")).check()

    def send_to(self, address):
        self.page.get_by_text("Send it to somebody").click()
        self.page.get_by_role("textbox", name="E-mail").fill(address)

    def reads_estimate(self, *, rows):
        """The number of rows and a preview of the first ones stand beside the form."""
        if not self.visitor.scripts:
            self.visitor.press("Look first")
        expected = self.page.get_by_role("region", name="What you will get")
        expected.locator("dl.facts").get_by_text(str(rows), exact=True).wait_for()
        shown = min(rows, 20)
        self.visitor.sees(f"The first {shown} rows", within=expected)
        assert expected.get_by_role("row").count() == shown + 1

    def start(self):
        """Start the export; its progress is followed beside the form, or on its page where no script runs."""
        self.visitor.press("Export")
        self.page.wait_for_url("**/exports/*")


def as_if_it_were(visitor, day):
    """Let the clock of the browser stand still at noon of a day, by which words such as "last month" are meant."""
    if visitor.scripts:
        visitor.page.clock.set_fixed_time(datetime.fromisoformat(f"{day}T12:00:00"))
