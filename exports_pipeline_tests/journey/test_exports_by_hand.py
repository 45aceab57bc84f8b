"""Exports of the real stack by clicking and typing: found, filled, watched, downloaded, and what follows from them."""

import json
from email.utils import parseaddr
from uuid import uuid4

import duckdb
import pytest

from exports_pipeline_tests.journey.export_form import ExportForm, as_if_it_were
from exports_pipeline_tests.journey.far_ends import mail_to
from exports_pipeline_tests.journey.running_stack import wait_until
from exports_pipeline_tests.journey.visitor import DARK_AND_NARROW, LIGHT, WITHOUT_SCRIPTS, rows_of, sha256_of

pytestmark = pytest.mark.slow

COLUMNS = {
    "transaction_id": "Transaction",
    "account_id": "Account",
    "booked_on": "Booked on",
    "amount": "Amount",
    "merchant": "Merchant",
}


@pytest.fixture
def february(stack):
    """What DuckDB itself says of the rows that are asked for: demo's food of February, by the clocks of Prague."""
    with duckdb.connect(stack.home / "warehouse" / "current.duckdb", read_only=True) as connection:
        connection.execute("SET TimeZone = 'Europe/Prague'")
        found = connection.execute(
            f"""SELECT {", ".join(f"CAST({each} AS VARCHAR) AS {each}" for each in COLUMNS)} FROM fct_transactions
            WHERE user_id = 'demo' AND account_id = 'demo-checking' AND list_contains(tags, 'food')
            AND booked_at >= '2024-02-01' AND booked_at < '2024-03-01'"""
        )
        return sorted(
            ({name: text or "" for name, text in zip(COLUMNS, row, strict=True)} for row in found.fetchall()), key=str
        )


def filled(visitor, address):
    """The form of demo's food in February, filled."""
    form = ExportForm.found(visitor, word="booked", title="Transactions")
    form.choose("CSV plain text")
    form.choose_days("Last month", first="2024-02-01", last="2024-02-29")
    form.pick("Accounts", "demo-checking", typed="demo-ch")
    form.pick("Tags", "food", typed="foo")
    form.choose_columns(*COLUMNS.values())
    form.send_to(address)
    return form


@pytest.mark.parametrize(
    "look",
    [LIGHT, DARK_AND_NARROW, WITHOUT_SCRIPTS],
    ids=["light and wide", "dark and narrow", "dark, narrow, without scripts"],
)
def test_a_person_exports_their_rows_and_goes_on_from_there(visit, stack, february, look):
    visitor, address = visit("demo", **look), f"finance-{uuid4()}@example.com"
    page = visitor.page
    as_if_it_were(visitor, "2024-03-05")
    form = filled(visitor, address)
    form.reads_estimate(rows=len(february))
    visitor.check()
    form.start()
    ready = visitor.awaits(page.get_by_role("link", name="Download"))
    visitor.check()
    path = visitor.downloads(ready)
    assert sorted(rows_of(path), key=str) == february

    if visitor.scripts:
        visitor.follow("Open its page")
    export = page.url
    wait_until(lambda: page.reload() and page.get_by_text("sent", exact=True).count(), told="the delivery")
    assert [parseaddr(message["To"])[1] for message in mail_to(stack.home, address)] == [address]
    visitor.check()

    visitor.follow("Receipt")
    assert page.get_by_text(sha256_of(path)).is_visible()
    assert page.get_by_text("Signed by this service, and unchanged since.").is_visible()
    if visitor.scripts:
        page.get_by_label("Choose a file to compare").set_input_files(path)
        visitor.sees("Yes: this is the file, to the last byte.")
    visitor.check()

    page.goto(export)
    visitor.follow("Again with changes")
    form.shows_days("2024-02-01", "2024-02-29")
    assert form.has_picked("demo-checking")
    assert form.has_picked("food")

    page.goto(export)
    visitor.follow("Make it a schedule")
    assert page.get_by_label("Name", exact=True).input_value() == "Transactions"
    form.shows_days("2024-02-01", "2024-02-29")
    assert form.has_picked("food")

    page.goto(export)
    page.get_by_label("The same rows as").select_option("JSON")
    visitor.press("Make it")
    other = visitor.downloads(visitor.awaits(page.get_by_role("link", name="Download")))
    assert page.url != export
    assert sorted(str(each["transaction_id"]) for each in json.loads(other.read_bytes())) == sorted(
        row["transaction_id"] for row in february
    )
