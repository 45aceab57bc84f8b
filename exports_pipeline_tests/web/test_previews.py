"""The first rows of an export on a page: as the file has them, read as the viewer reads."""

from dataclasses import replace

from babel import Locale

from exports_api.web.preview import preview_of
from exports_api.web.viewing import Viewing
from exports_pipeline.core.catalog import Column
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import SALES
from exports_pipeline_tests.web.visits import signed_in_as

COLUMNS = {
    "id": "BIGINT", "amount": "DECIMAL(18,4)", "day": "DATE", "at": "TIMESTAMP WITH TIME ZONE", "tags": "VARCHAR[]",
    "paid": "BOOLEAN", "note": "VARCHAR",
}  # fmt: skip
DATASET = replace(SALES, columns=tuple(Column(name=name, type=kind) for name, kind in COLUMNS.items()))
ROW = {
    "id": 2013, "amount": "-12345.6700", "day": "2026-03-01", "at": "2026-03-01T12:00:00+01:00",
    "tags": ["food", None, "toys"], "paid": True, "note": None,
}  # fmt: skip


def shown(**changes):
    """One row as a German in Prague sees it."""
    preview = preview_of([{**ROW, **changes}], DATASET, requester(), Viewing(Locale("de"), "Europe/Prague"))
    return dict(zip(preview.heads, preview.lines[0], strict=True))


def test_amounts_keep_their_decimals_and_numbers_of_things_stay_whole():
    told = shown()
    assert (told["amount"], told["id"]) == ("-12.345,6700", "2013")


def test_days_instants_lists_and_truths_are_words():
    told = shown()
    assert (told["day"], told["at"]) == ("01.03.2026", "01.03.2026, 12:00:00 CET")
    assert (told["tags"], told["paid"], told["note"]) == ("food, , toys", "yes", "")


def test_what_is_not_what_its_type_says_is_shown_as_it_is():
    told = shown(day="***", at="0001-01-01T00:00:00+14:00", amount="1.5e-300", note="W" * 500)
    assert (told["day"], told["at"], told["amount"]) == ("***", "0001-01-01T00:00:00+14:00", "1.5e-300")
    assert told["note"] == "W" * 120 + "…"


def test_the_page_shows_the_heads_of_the_file_and_numbers_at_the_right(url):
    with signed_in_as(url) as visit:
        page = visit.send("/datasets/sales", do="look", style="csv").text
    assert '<th scope="col" class="number"><bdi>amount</bdi></th>' in page
    assert "<caption>The first 3 rows</caption>" in page
