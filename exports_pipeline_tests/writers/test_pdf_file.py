"""PDF exports, read back with pypdf, pdfplumber, pdfium, pdftotext and qpdf."""

import csv
import io
import json
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date

import pdfplumber
import pyarrow as pa
import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports_pipeline.core.catalog import TimeColumn
from exports_pipeline.core.formats import Format, Paper
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline_tests.pdf_reader import read_table, read_text
from exports_pipeline_tests.tables import everything, exported

SLOW_FIXTURE = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
READABLE = st.text("abcXYZ019 .,:-/()%€éßžŁñαωЖяñ", max_size=60).map(lambda text: " ".join(text.split()))
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MARGIN = 34
needs_qpdf = pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed")
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils are not installed")


def pdf(tables, selection, **options):
    return exported(tables.warehouse, selection, Format.PDF, **options)[0]


def visible(texts):
    """How often each character that leaves a mark occurs; those that no document can hold stand for themselves."""
    found = Counter()
    for char in "".join(text or "" for text in texts):
        kind = unicodedata.category(char)
        if kind in {"Cc", "Zs", "Zl", "Zp"}:
            continue
        found["\ufffd" if ord(char) & 0xFFFE == 0xFFFE else char] += 1
    return found


def characters(body):
    """The characters of the cells, without what the document says of itself."""
    drawn = Counter()
    with pdfplumber.open(io.BytesIO(body)) as document:
        for page in document.pages:
            heads = [char for char in page.chars if "-700" in char["fontname"] and char["size"] < 10]
            bottom = min((head["bottom"] for head in heads), default=page.height)
            cells = [char for char in page.chars if bottom - 9 < char["top"] < page.height - MARGIN + 2]
            drawn += visible(char["text"] for char in cells if "-700" not in char["fontname"])
    del drawn["\ufffd"]
    return drawn


@SLOW_FIXTURE
@given(rows=st.lists(st.tuples(st.integers(), READABLE, READABLE, st.dates(), st.booleans()), min_size=1, max_size=40))
def test_every_value_of_the_csv_is_read_back_from_the_pdf(tables, rows):
    numbers, texts, notes, days, truths = zip(*rows, strict=True)
    columns = {"id": range(len(rows)), "number": [number % 10**15 for number in numbers], "text": texts}
    arrow = pa.table({**columns, "note": notes, "day": pa.array(days, pa.date32()), "truth": truths})
    selection = everything(tables.of_arrow(arrow))
    text = exported(tables.warehouse, selection, Format.CSV, formula_guard=False)[0].decode()
    assert read_table(pdf(tables, selection)) == list(csv.DictReader(io.StringIO(text, newline="")))


@SLOW_FIXTURE
@given(texts=st.lists(ANYTHING, min_size=1, max_size=8))
def test_no_character_of_any_script_is_lost(tables, texts):
    body = pdf(tables, everything(tables.of_arrow(pa.table({"t": texts}))))
    expected = visible(texts)
    del expected["\ufffd"]
    assert characters(body) == expected


def test_strings_that_break_software_come_through(tables, shared_data):
    naughty = json.loads((shared_data / "naughty_strings/blns.json").read_text(encoding="utf-8"))
    dataset = tables.of_arrow(pa.table({"text": naughty}))
    expected = visible(naughty)
    del expected["\ufffd"]
    body = pdf(tables, everything(dataset))
    assert characters(body) == expected
    with pdfplumber.open(io.BytesIO(body)) as document:
        letters = [char for page in document.pages for char in page.chars if char["text"].isalnum()]
    assert all(MARGIN - 1 < char["x0"] < char["x1"] < 842 - MARGIN + 1 for char in letters if char["width"])


@needs_poppler
@pytest.mark.parametrize(
    "text", ["مرحبا بالعالم", "שלום עולם", "日本語のテキスト", "中文字符", "한국어", "Ünïcödé Ωμέγα Жук"]
)
def test_scripts_are_read_in_their_order_by_pdftotext(tables, tmp_path, text):
    (tmp_path / "file.pdf").write_bytes(pdf(tables, everything(tables.of_arrow(pa.table({"t": [text]})))))
    command = ["pdftotext", "-layout", str(tmp_path / "file.pdf"), "-"]
    found = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    plain = "".join(char for char in unicodedata.normalize("NFKC", found) if unicodedata.category(char) != "Cf")
    assert text in plain


def test_every_page_has_its_number_and_the_head_of_the_table(tables):
    dataset = tables.dataset("SELECT i AS amount, 'row ' || i AS what FROM range(300) r(i)")
    pages = read_text(pdf(tables, everything(dataset)))
    assert len(pages) > 5
    for number, text in enumerate(pages, 1):
        assert "amount what" in text
        assert f"page {number} of {len(pages)}" in text


def test_the_first_page_tells_where_the_rows_come_from(tables):
    dataset = tables.dataset(
        "SELECT DATE '2026-01-02' AS day, 'x' AS card, 1 AS pin, 7 AS shop",
        title="Sales of all shops",
        description="One row per sale.",
        time=TimeColumn(column="day"),
        account="shop",
    )
    kinds = {"card": Sensitivity.MASK, "pin": Sensitivity.HASH}
    columns = tuple(replace(column, sensitive=kinds.get(column.name)) for column in dataset.columns)
    day = date(2026, 1, 2)
    selection = everything(dataset, columns=columns, start_date=day, account_ids=("7",), timezone="Europe/Prague")
    [text] = read_text(pdf(tables, selection, timezone="Europe/Prague"))
    for line in (
        "Sales of all shops",
        "One row per sale.",
        "Period from 2026-01-02",
        "Accounts 7",
        "Rows 1",
        "Made at 2026-03-01 13:00 Europe/Prague",
        "Redactions card: masked; pin: hashed",
    ):
        assert line in text.splitlines()


def test_the_document_describes_itself(tables):
    dataset = tables.dataset("SELECT i AS a FROM range(100) r(i)", title="Prodeje ☕", description="Denní prodeje")
    reader = pypdf.PdfReader(io.BytesIO(pdf(tables, everything(dataset))))
    assert reader.metadata.title == "Prodeje ☕"
    assert reader.metadata.subject == "Denní prodeje"
    assert reader.metadata.author
    assert "things" in reader.metadata.keywords
    assert reader.metadata.creation_date.isoformat() == "2026-03-01T12:00:00+00:00"
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712 - pypdf's own kind of boolean
    outline = [(mark.title, reader.get_destination_page_number(mark)) for mark in reader.outline]
    assert [page for _, page in outline] == list(range(len(reader.pages)))
    assert outline[-1][0].endswith(" to 100")


def test_a_cell_taller_than_a_page_goes_on_over_the_next_ones(tables):
    words = [f"w{number}" for number in range(6_000)]
    dataset = tables.of_arrow(pa.table({"n": [1, 2, 3], "text": ["first", " ".join(words), "last"]}))
    body = pdf(tables, everything(dataset))
    told = " ".join(read_text(body)).split()
    assert [word for word in told if word in set(words)] == words
    assert len(pypdf.PdfReader(io.BytesIO(body)).pages) > 3


def test_a_word_longer_than_its_column_is_broken_and_not_cut(tables):
    word = "".join(f"{number:04}" for number in range(500))
    [row] = read_table(pdf(tables, everything(tables.of_arrow(pa.table({"n": [1], "text": [word]})))))
    assert row["text"].replace(" ", "") == word


def test_many_columns_are_parted_over_pages_with_the_numbers_of_their_rows(tables):
    names = [f"column_{number:02}" for number in range(40)]
    arrow = pa.table({name: [f"{name} of row {row}" for row in range(20)] for name in names})
    rows = read_table(pdf(tables, everything(tables.of_arrow(arrow))))
    assert rows == arrow.to_pylist()


def test_nothing_is_drawn_outside_the_margins_and_no_cell_over_another(tables):
    names = [f"a rather long title {number}" for number in range(14)]
    arrow = pa.table(
        {name: ["some text that must be wrapped", "averyveryverylongwordwithoutanyblank"] for name in names}
    )
    with pdfplumber.open(io.BytesIO(pdf(tables, everything(tables.of_arrow(arrow))))) as document:
        for page in document.pages:
            assert all(char["x0"] >= MARGIN - 1 and char["x1"] <= page.width - MARGIN + 1 for char in page.chars)
            assert all(char["top"] >= MARGIN - 6 and char["bottom"] <= page.height - 10 for char in page.chars)
            boxes = Counter((round(char["x0"]), round(char["top"])) for char in page.chars if char["text"] != " ")
            assert max(boxes.values()) == 1


def test_numbers_stand_at_the_right(tables):
    dataset = tables.dataset("SELECT unnest([1.5, 22.25, -333.75])::DECIMAL(9, 2) AS amount, 'x' AS t")
    with pdfplumber.open(io.BytesIO(pdf(tables, everything(dataset)))) as document:
        words = document.pages[0].extract_words()
        ends = {round(word["x1"], 1) for word in words if word["text"] in {"1.50", "22.25", "-333.75", "amount"}}
    assert len(ends) == 1


def test_lines_of_a_text_stay_lines(tables):
    [row] = read_table(pdf(tables, everything(tables.of_arrow(pa.table({"t": ["one\ntwo\r\nthree"]})))))
    assert row == {"t": "one two three"}


def test_no_rows_say_so(tables):
    [text] = read_text(pdf(tables, everything(tables.dataset("SELECT 1 AS a WHERE false"))))
    assert "No rows." in text
    assert "page 1 of 1" in text


def test_a_title_stands_in_the_place_of_the_name(tables):
    dataset = tables.dataset("SELECT 1 AS a")
    columns = (replace(dataset.columns[0], title="Amount in CZK"),)
    assert read_table(pdf(tables, everything(dataset, columns=columns))) == [{"Amount in CZK": "1"}]


def test_thousands_of_filter_values_take_the_pages_they_need(tables):
    dataset = tables.dataset("SELECT 'a' AS acc", account="acc")
    accounts = tuple(f"account-{number:05}" for number in range(9000))
    told = " ".join(read_text(pdf(tables, everything(dataset, account_ids=accounts))))
    assert all(account in told for account in accounts)


@pytest.mark.parametrize(("paper", "size"), [(Paper.A4, (842, 595)), (Paper.LETTER, (792, 612))])
def test_the_paper_lies_on_its_side(tables, paper, size):
    reader = pypdf.PdfReader(io.BytesIO(pdf(tables, everything(tables.dataset("SELECT 1 AS a")), paper=paper)))
    assert (round(reader.pages[0].mediabox.width), round(reader.pages[0].mediabox.height)) == size


def test_the_same_rows_at_the_same_time_give_the_same_bytes(tables):
    dataset = tables.dataset("SELECT i AS a, 'مرحبا 中文 ' || i AS b FROM range(200) r(i)")
    assert pdf(tables, everything(dataset)) == pdf(tables, everything(dataset))


@needs_qpdf
def test_qpdf_finds_nothing_wrong(tables, tmp_path):
    dataset = tables.dataset("SELECT i AS a, 'مرحبا 中文 😀 शक्ति ' || i AS b FROM range(200) r(i)")
    (tmp_path / "file.pdf").write_bytes(pdf(tables, everything(dataset)))
    command = [shutil.which("qpdf"), "--check", str(tmp_path / "file.pdf")]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "No syntax or stream encoding errors found" in found.stdout
    assert "WARNING" not in found.stdout + found.stderr


def test_every_font_is_within_the_file(tables):
    reader = pypdf.PdfReader(io.BytesIO(pdf(tables, everything(tables.dataset("SELECT 'a' AS a, 'b 中' AS b")))))
    fonts = reader.pages[0]["/Resources"]["/Font"].values()
    descendants = [font.get_object()["/DescendantFonts"][0].get_object() for font in fonts]
    assert len(descendants) == 3
    assert all("/FontFile2" in one["/FontDescriptor"].get_object() for one in descendants)


def test_neither_the_api_nor_a_csv_waits_for_the_libraries_of_documents():
    code = "import sys, exports_api.app; sys.exit(' '.join({'reportlab', 'uharfbuzz', 'bidi'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).stderr.strip() == b""
