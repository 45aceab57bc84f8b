"""A report as PDF, read back by independent readers."""

import re
import shutil
import subprocess
from io import BytesIO

import pdfplumber
import pytest
from pypdf import PdfReader

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Kind, Table, TableColumn, Text
from exports_pipeline.reports.pdf_document import write_pdf
from exports_pipeline_tests.sample_reports import BANK, HOSTILE, SHOP, line, sample

HEADER, LEFT = 40, 30

PARTS = [
    "The first gate",
    "July and August 2026",
    "90,189",
    "2.3%",
    "previous 88,120",
    "1,204,550.50 CZK",
    "all languages",
    "Keep the gate.",
    "gate 40",
    "45,489",
    "18.2%",
    "0.0016",
    "2 Jul 2026",
    "1 Aug 2026 12:30",
    "Sample sizes are uneven.",
    "Retention after 7 days",
    "ana@example.com",
]


@pytest.fixture
def written(tmp_path):
    def write(report, branding=BANK):
        path = tmp_path / "report.pdf"
        write_pdf(report, branding, path)
        return PdfReader(BytesIO(path.read_bytes()))

    return write


def text_of(reader):
    return " ".join(" ".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ").split())


def test_everything_of_a_report_is_selectable_text(written):
    text = text_of(written(sample()))
    for part in PARTS:
        assert part in text, part


def test_the_document_says_what_it_is(written):
    reader = written(sample(language="de"))
    assert reader.metadata.title == "The first gate"
    assert reader.metadata.author == "Example Bank"
    assert reader.trailer["/Root"]["/Lang"] == "de"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]
    titles = [mark.title for mark in reader.outline]
    assert titles == ["The first gate", *(section.heading for section in sample().sections), "Über diesen Bericht"]


def test_every_page_has_brand_and_number(written):
    reader = written(sample())
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert {"Example Bank", "Confidential", "Example Bank, Prague"} <= set(page.split("\n"))


def test_two_brands_differ_in_paper_colour_and_language(written):
    bank, shop = written(sample()), written(sample(language="cs"), SHOP)
    assert [float(side) for side in shop.pages[0].mediabox[2:]] == [612, 792]
    assert round(float(bank.pages[0].mediabox.width)) == 595
    assert "Strana 1 z" in text_of(shop)
    assert "1 204 550,50 CZK" in text_of(shop)
    assert bank.pages[0].images
    assert not shop.pages[0].images


def test_charts_are_vectors_with_a_text_for_those_who_cannot_see_them(written):
    reader = written(sample(sections=[line()]), Branding())
    assert not reader.pages[0].images
    alt = re.search(rb"/Figure <</Alt <FEFF([0-9A-F]+)>>> BDC", reader.pages[0].get_contents().get_data())
    assert bytes.fromhex(alt[1].decode()).decode("utf-16-be") == "Revenue grows every day."


def test_a_long_table_repeats_its_header_and_loses_no_row(written):
    table = Table(
        heading="Rows",
        columns=[TableColumn(title="Number", kind=Kind.INTEGER), TableColumn(title="Name")],
        rows=[[i, f"row-{i}"] for i in range(400)],
    )
    pages = [page.extract_text() for page in written(sample(sections=[table], facts=())).pages]
    assert len(pages) > 5
    assert all("Number" in page for page in pages)
    assert re.findall(r"row-(\d+)", " ".join(pages)) == [str(i) for i in range(400)]


def test_long_words_are_wrapped_and_never_cut(written, tmp_path):
    word = "".join(f"{i:04}" for i in range(200))
    written(sample(sections=[Table(columns=[TableColumn(title="A"), TableColumn(title="B")], rows=[[word, "b"]])]))
    with pdfplumber.open(tmp_path / "report.pdf") as document:
        chars = [char for page in document.pages for char in page.chars if char["text"].isdigit()]
        assert word in "".join(char["text"] for char in chars)
        assert max(char["x1"] for char in chars) <= document.pages[0].width - LEFT


@pytest.mark.parametrize("columns", [12, 40])
def test_a_table_that_is_too_wide_lies_and_then_is_divided(written, columns):
    table = Table(
        columns=[TableColumn(title=f"Column{i}", kind=Kind.NUMBER, digits=2) for i in range(columns)],
        rows=[[1_000_000.5 + i for i in range(columns)]],
    )
    reader = written(sample(sections=[table], facts=()))
    text = text_of(reader)
    assert reader.pages[-1].mediabox.width > reader.pages[-1].mediabox.height
    assert all(f"Column{i}" in text and f"1,000,{i:03}.50" in text for i in range(columns))


def test_texts_of_all_scripts_are_read_back(written):
    scripts = ["Příliš žluťoučký kůň", "Γειά", "Привет, мир", "日本語のテキスト", "中文文本"]
    text = text_of(written(sample(sections=[Text(text="\n\n".join(scripts))])))
    assert all(script in text for script in scripts)


def test_markup_in_a_text_is_text(written):
    table = Table(columns=[TableColumn(title="<b>a</b>")], rows=[[HOSTILE], ["a\n<br/>b"]])
    text = text_of(written(sample(title=HOSTILE, sections=[Text(text=HOSTILE), table])))
    assert text.count(HOSTILE) == 3
    assert "<b>a</b>" in text
    assert "<br/>b" in text


def test_what_is_empty_is_said(written):
    empty = [Table(heading="T", columns=[TableColumn(title="a")], rows=[]), line(categories=[], values=[])]
    text = text_of(written(sample(sections=empty)))
    assert "No rows." in text
    assert "There is no data for this chart." in text
    assert "This report has no content." in text_of(written(sample(sections=[])))


def test_nothing_stands_outside_the_page(written, tmp_path):
    written(sample(title="A very long title " * 20))
    with pdfplumber.open(tmp_path / "report.pdf") as document:
        for page in document.pages:
            for char in page.chars:
                assert char["x0"] >= LEFT
                assert char["x1"] <= page.width - LEFT
                assert 10 <= char["top"] <= page.height - 10


def test_qpdf_finds_nothing_to_complain_of(written, tmp_path):
    if not shutil.which("qpdf"):
        pytest.skip("qpdf is not installed")
    written(sample())
    done = subprocess.run(["qpdf", "--check", tmp_path / "report.pdf"], capture_output=True, check=False)  # noqa: S607 - found above
    assert done.returncode == 0, done.stdout


def test_a_table_of_a_language_from_the_right_begins_there(written, tmp_path):
    table = Table(columns=[TableColumn(title="First"), TableColumn(title="Second")], rows=[["one", "two"]])
    written(sample(language="he", sections=[table]))
    with pdfplumber.open(tmp_path / "report.pdf") as document:
        places = {word["text"]: word["x0"] for word in document.pages[0].extract_words()}
    assert places["First"] > places["Second"]
    assert places["one"] > places["two"]
