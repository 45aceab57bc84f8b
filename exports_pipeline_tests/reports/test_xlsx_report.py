"""A report as XLSX, read back with openpyxl."""

import re
from datetime import date, datetime
from decimal import Decimal
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import KeyFigure, KeyFigures, Kind, Mark, Table, TableColumn, Text
from exports_pipeline.reports.values import DASH
from exports_pipeline.reports.xlsx_book import write_xlsx
from exports_pipeline.reports.xlsx_cells import LONGEST_TEXT
from exports_pipeline_tests.sample_reports import (
    ARMS,
    BANK,
    BARS,
    HOSTILE,
    INTERVALS,
    SHARES,
    SHOP,
    SLICES,
    line,
    sample,
)


@pytest.fixture
def written(tmp_path):
    def write(report, branding=BANK):
        path = tmp_path / "report.xlsx"
        write_xlsx(report, branding, path)
        return load_workbook(path)

    return write


def cells(sheet):
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


def values(sheet):
    return [cell.value for cell in cells(sheet)]


def test_a_workbook_opens_on_its_overview_and_has_a_sheet_for_each_table(written):
    book = written(sample())
    assert book.sheetnames == ["Overview", "Arms", "Chart data"]
    assert book.active.title == "Overview"
    assert book.properties.title == "The first gate"
    assert {"The first gate", "Keep the gate.", "Players leave.", "ana@example.com"} <= set(values(book["Overview"]))


def test_key_figures_are_numbers_with_formats(written):
    found = cells(written(sample())["Overview"])
    formats = {cell.value: cell.number_format for cell in found}
    assert formats[90189] == "#,##0"
    assert formats[0.182] == "0.0%"
    assert formats[1204550.5] == '#,##0.00 "CZK"'
    changes = [cell.value for cell in found if cell.number_format.startswith("▲")]
    assert changes == pytest.approx([90189 / 88120 - 1, 0.182 / 0.1902 - 1, 412 / 520 - 1])


def test_a_table_has_real_cells_under_a_header_that_stays(written):
    sheet = written(sample())["Arms"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert rows[0] == [column.title for column in ARMS.columns]
    assert rows[1] == ["gate 30", 44700, 0.190201, DASH, datetime(2026, 7, 1), datetime(2026, 8, 1, 12, 30)]  # noqa: DTZ001 - Excel has no zones
    assert rows[2][-1] == DASH
    assert sheet["C5"].number_format == "0.0%"
    assert sheet["E5"].number_format == "d mmm yyyy"
    assert sheet.freeze_panes == "A5"
    assert sheet.auto_filter.ref == "A4:F6"


def test_charts_are_native_and_read_their_cells(written):
    book = written(sample(sections=[INTERVALS, line(), BARS, SHARES]))
    charts = book["Overview"]._charts
    assert [type(chart).__name__ for chart in charts] == ["LineChart", "LineChart", "BarChart", "BarChart"]
    reference = charts[1].series[0].val.numRef.f
    name, _, area = reference.rpartition("!")
    shown = [row[0].value for row in book[name.strip("'")][area.replace("$", "")]]
    assert shown == [100.0 + i for i in range(60)]
    assert charts[0].series[0].errBars.errValType == "cust"


def test_a_pie_is_native_and_names_its_slices(written, tmp_path):
    [pie] = written(sample(sections=[SLICES]))["Overview"]._charts
    assert type(pie).__name__ == "PieChart"
    labels = pie.series[0].dLbls
    assert (labels.showCatName, labels.showPercent) == (True, True)
    with ZipFile(tmp_path / "report.xlsx") as file:
        drawn = file.read("xl/charts/chart1.xml").decode()
    assert re.findall(r'<c:idx val="(\d)"/><c:delete val="1"/>', drawn) == ["2", "3", "4"]
    assert pie.legend is not None


def test_bars_of_weeks_stand_side_by_side_and_not_on_an_axis_of_days(written, tmp_path):
    bars = line(categories=[date(2026, 1, 5), date(2026, 1, 12)], values=[1.0, 2.0], mark=Mark.STACKED_BAR)
    written(sample(sections=[bars]))
    with ZipFile(tmp_path / "report.xlsx") as file:
        drawn = file.read("xl/charts/chart1.xml").decode()
    assert "<c:catAx>" in drawn
    assert "<c:auto " not in drawn


def test_a_chart_says_what_it_shows(written, tmp_path):
    written(sample(sections=[line()]))
    with ZipFile(tmp_path / "report.xlsx") as file:
        assert 'descr="Revenue grows every day."' in file.read("xl/drawings/drawing1.xml").decode()


@pytest.mark.parametrize("text", ["=1+1", "+44", "-x", "@SUM(A1)", "\t=1", "http://example.com", HOSTILE])
def test_texts_are_text_whatever_they_look_like(written, text):
    table = Table(heading="T", columns=[TableColumn(title=text)], rows=[[text]], note=text)
    figure = KeyFigures(figures=[KeyFigure(title=text, value=text, note=text)])
    book = written(sample(title=text, sections=[table, figure, Text(text=text, heading=text)], facts=[(text, text)]))
    found = [cell for sheet in book for cell in cells(sheet) if cell.value == text or cell.value == text.strip()]
    assert len(found) >= 8
    assert {cell.data_type for cell in found} == {"s"}
    assert all(cell.hyperlink is None for cell in found)


def test_names_of_sheets_are_what_excel_takes(written):
    headings = ["a/b: [c]?*", "x" * 40, "x" * 40, "History", "'", "", "overview"]
    tables = [Table(heading=heading, columns=[TableColumn(title="a")], rows=[[1]]) for heading in headings]
    names = written(sample(sections=tables)).sheetnames
    assert len({name.lower() for name in names}) == len(headings) + 2
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_a_number_that_excel_would_change_is_text(written):
    numbers = [2**60, Decimal("12345678901234567.89"), 10**15 - 1, Decimal("0.1")]
    table = Table(
        heading="T", columns=[TableColumn(title="n", kind=Kind.NUMBER, digits=2)], rows=[[n] for n in numbers]
    )
    column = [row[0].value for row in written(sample(sections=[table]))["T"].iter_rows(min_row=4)]
    assert column == ["1,152,921,504,606,846,976", "12,345,678,901,234,567.89", 10**15 - 1, 0.1]


def test_a_text_too_long_for_a_cell_says_so(written):
    table = Table(heading="T", columns=[TableColumn(title="a")], rows=[["x" * 40_000]])
    text = written(sample(sections=[table]))["T"]["A4"].value
    assert len(text) == LONGEST_TEXT
    assert text.endswith("x [… shortened, 40000 characters]")


def test_what_is_empty_is_said(written):
    book = written(sample(sections=[Table(heading="T", columns=[], rows=[]), line(categories=[], values=[])]))
    assert "No rows." in values(book["T"])
    assert "There is no data for this chart." in values(book["Overview"])
    assert "This report has no content." in values(written(sample(sections=[]))["Overview"])


def test_two_brands_differ_in_fonts_paper_and_footer(written):
    bank, shop = written(sample())["Overview"], written(sample(language="cs"), SHOP)["Přehled"]
    assert [int(sheet.page_setup.paperSize) for sheet in (bank, shop)] == [9, 1]
    assert {cell.font.name for cell in cells(shop)} == {"Georgia"}
    assert {cell.font.name for cell in cells(bank)} == {"Arial"}
    assert shop.oddFooter.left.text == "Strana obchodu"
    assert shop.oddHeader.left.text.startswith("Obchod && syn")


def test_a_language_from_the_right_turns_the_sheets(written):
    assert written(sample(language="ar"), Branding())["Overview"].sheet_view.rightToLeft
