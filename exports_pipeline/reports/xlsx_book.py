"""Report -> XLSX: an overview, a sheet for each table, and the cells of the charts."""

from pathlib import Path

from xlsxwriter.workbook import Workbook

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.formats import Paper
from exports_pipeline.core.report import Chart, Report, Table
from exports_pipeline.reports import theme
from exports_pipeline.reports.words import is_right_to_left, words_of
from exports_pipeline.reports.xlsx_cells import Cells
from exports_pipeline.reports.xlsx_chart import ChartData
from exports_pipeline.reports.xlsx_overview import Overview
from exports_pipeline.reports.xlsx_table import write_table

_PAPERS = {Paper.A4: 9, Paper.LETTER: 1}
_LONGEST_MARGIN = 250
"""Excel takes no header or footer of more than 255 characters."""


def write_xlsx(report: Report, branding: Branding, path: Path) -> None:
    """Write the report as a workbook, which opens on its overview."""
    words = words_of(report.language)
    with Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": report.title, "subject": report.subtitle, "author": branding.name})
        cells = Cells(book, branding, words)
        overview = cells.sheet(words.overview)
        tables = {place: section for place, section in enumerate(report.sections) if isinstance(section, Table)}
        sheets = {place: cells.sheet(table.heading or words.contents) for place, table in tables.items()}
        data = ChartData(book, cells.sheet(words.chart_data), cells)
        Overview(overview, cells, data, {place: sheet.get_name() for place, sheet in sheets.items()}).write(report)
        for place, table in tables.items():
            write_table(table, sheets[place], cells)
        overview.set_portrait()
        overview.fit_to_pages(1, 0)
        data.sheet.set_column(0, 0, 36)
        data.sheet.set_column(1, 60, 16)
        if not any(isinstance(section, Chart) for section in report.sections):
            data.sheet.hide()
        for sheet in book.worksheets():
            sheet.set_paper(_PAPERS[branding.paper])
            sheet.set_header(f"&L{_plain(branding.name)}&R{_plain(branding.header)}")
            sheet.set_footer(f"&L{_plain(branding.footer)}&R{words.page.format(page='&P', pages='&N')}")
            sheet.set_tab_color(branding.accent if sheet is overview else theme.RULE)
            if is_right_to_left(report.language):
                sheet.right_to_left()
        overview.activate()


def _plain(text: str) -> str:
    """A text in which `&` begins no code."""
    return text.replace("&", "&&")[: _LONGEST_MARGIN // 3]
