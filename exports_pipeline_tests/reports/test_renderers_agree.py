"""PDF, XLSX and HTML say the same of the same report, whatever is in it."""

import re
from decimal import Decimal
from io import BytesIO

import lxml.html
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.formats import REPORT_FORMATS, Format
from exports_pipeline.core.refusals import UnknownFormat
from exports_pipeline.core.report import KeyFigure, KeyFigures, Kind, Report, Series, Table, TableColumn
from exports_pipeline.reports.html_letter import html_letter
from exports_pipeline.reports.registry import render
from exports_pipeline.reports.values import DASH, MINUS, NUMBERS
from exports_pipeline_tests.sample_reports import BANK, line, sample

NUMERIC = sorted(NUMBERS)
numbers = st.one_of(
    st.none(),
    st.integers(-(10**14), 10**14),
    st.decimals(-(10**9), 10**9, places=4, allow_nan=False),
    st.floats(allow_nan=True, allow_infinity=True, min_value=None, max_value=None, width=32),
)
columns = st.builds(
    TableColumn,
    title=st.just("N"),
    kind=st.sampled_from(NUMERIC),
    unit=st.sampled_from(["", "CZK", "EUR"]),
    digits=st.integers(0, 3),
)


@st.composite
def reports(draw):
    heads = draw(st.lists(columns, min_size=1, max_size=4))
    rows = draw(st.lists(st.tuples(*[numbers] * len(heads)), min_size=1, max_size=5))
    kind, digits = draw(st.sampled_from(NUMERIC)), draw(st.integers(0, 3))
    figures = [KeyFigure(title="F", value=draw(numbers), kind=kind, digits=digits)]
    language = draw(st.sampled_from(["en", "de", "cs"]))
    return Report(
        title="T",
        sections=[KeyFigures(figures=figures), Table(heading="Rows", columns=heads, rows=rows)],
        language=language,
    )


def from_html(path):
    root = lxml.html.document_fromstring(path.read_text(encoding="utf-8"))
    return [root.xpath("string(//dd[contains(@class, 'value')])"), *(td.text_content() for td in root.xpath("//td"))]


def compact(text):
    return re.sub(r"\s", "", text)


def plain(text, language):
    """The number in a text: without sign of currency, percent, and separators."""
    decimal, thousands = {"en": (".", ","), "de": (",", "."), "cs": (",", " ")}[language]
    text = re.sub(r"[€%]|CZK|\s", "", text).replace(thousands, "").replace(decimal, ".")
    return Decimal(text.replace(MINUS, "-"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(report=reports())
def test_every_value_is_the_same_in_all_three(report, tmp_path):
    paths = {each: tmp_path / f"report.{each}" for each in REPORT_FORMATS}
    for file_format, path in paths.items():
        render(report, file_format=file_format, branding=Branding(), path=path)
    texts = from_html(paths[Format.HTML])
    pdf = compact("".join(page.extract_text() for page in PdfReader(BytesIO(paths[Format.PDF].read_bytes())).pages))
    place = 0
    for text in texts:
        place = pdf.find(compact(text), place)
        assert place >= 0, (text, pdf)
    book = load_workbook(paths[Format.XLSX])
    table = report.sections[1]
    found = [cell.value for row in book["Rows"].iter_rows(min_row=4, max_col=len(table.columns)) for cell in row]
    kinds = [column for _ in table.rows for column in table.columns]
    for text, cell, column in zip(texts[1:], found, kinds, strict=True):
        if isinstance(cell, str):
            assert compact(cell) == compact(text)
        else:
            exact = Decimal(str(cell)) * (100 if column.kind is Kind.PERCENT else 1)
            assert abs(plain(text, report.language) - exact) <= Decimal(10) ** -column.digits / 2 + abs(
                exact
            ) * Decimal("1e-14")
            assert text != DASH


@pytest.mark.parametrize("file_format", REPORT_FORMATS)
def test_a_file_begins_as_its_format_does(tmp_path, file_format):
    path = tmp_path / "report"
    render(sample(), file_format=file_format, branding=BANK, path=path)
    starts = {Format.PDF: b"%PDF-1", Format.XLSX: b"PK", Format.HTML: b"<!DOCTYPE html>"}
    assert path.read_bytes().lstrip().startswith(starts[file_format])


def test_a_report_is_no_csv(tmp_path):
    with pytest.raises(UnknownFormat, match="pdf, xlsx, html"):
        render(sample(), file_format=Format.CSV, branding=BANK, path=tmp_path / "report")


@pytest.mark.parametrize("file_format", REPORT_FORMATS)
@pytest.mark.parametrize("letter", ["\x00", "\x05", "\x7f", "\ud800", "\ufffe"])
def test_what_no_document_can_hold_becomes_a_mark_and_ends_no_process(tmp_path, file_format, letter):
    text = f"a{letter}b"
    table = Table(heading=text, columns=[TableColumn(title=text)], rows=[[text]])
    chart = line(
        categories=[text, "c"], series=[Series(name=text, values=[1, 2])], heading=text, x_title=text, unit=text
    )
    path = tmp_path / "report"
    render(sample(title=text, sections=[table, chart]), file_format=file_format, branding=BANK, path=path)
    if file_format is Format.HTML:
        assert path.read_text(encoding="utf-8").count("a\ufffdb") >= 6
    assert html_letter(sample(title=text, sections=[chart]), BANK).html.count("a\ufffdb") >= 2
