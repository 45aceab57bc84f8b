"""A table of a report as a sheet: real cells under a header that stays and filters."""

from itertools import islice
from math import ceil

from xlsxwriter.worksheet import Worksheet

from exports_pipeline.core.report import Table, Value
from exports_pipeline.reports import theme
from exports_pipeline.reports.values import NUMBERS, shown
from exports_pipeline.reports.xlsx_cells import Cells

MEASURED_ROWS = 1000
LINE_PT = 14.0
NARROWEST, WIDEST = 10, 60
"""Characters of a column."""
FORM_PT, FORM_CHARS = 36.0, 26
"""A row and a column that people write into."""


def write_table(table: Table, sheet: Worksheet, cells: Cells) -> None:
    """Fill a sheet: the heading, the note, the header, the rows."""
    sheet.hide_gridlines(2)
    cells.text(sheet, 0, 0, table.heading, bold=True, font_size=14)
    cells.text(sheet, 1, 0, table.note, font_color=theme.MUTED)
    header = 2 if not table.note else 3
    for column, head in enumerate(table.columns):
        aligned = "right" if head.kind in NUMBERS else "left"
        cells.text(
            sheet, header, column, head.title, bold=True, bg_color=theme.PANEL, bottom=2, text_wrap=True,
            bottom_color=cells.branding.accent, align=aligned, valign="bottom",
        )  # fmt: skip
        sheet.set_column(column, column, FORM_CHARS if table.is_form else _width(table, column, cells))
    for i, row in enumerate(table.rows, start=header + 1):
        lines = max((_lines(value) for value in row), default=1)
        if lines > 1 or table.is_form:
            sheet.set_row(i, min(409.0, max(LINE_PT * lines + 2, FORM_PT if table.is_form else 0)))
        for column, (head, value) in enumerate(zip(table.columns, [*row, *[None] * len(table.columns)], strict=False)):
            cells.write(
                sheet, i, column, value, head.kind, unit=head.unit, digits=head.digits,
                bottom=4, bottom_color=theme.RULE, text_wrap=_lines(value) > 1,
            )  # fmt: skip
    if not table.rows:
        cells.text(sheet, header + 1, 0, cells.words.no_rows, font_color=theme.MUTED)
    elif table.columns and not table.is_form:
        sheet.autofilter(header, 0, header + len(table.rows), len(table.columns) - 1)
    sheet.freeze_panes(header + 1, 0)
    sheet.repeat_rows(header)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _lines(value: Value) -> int:
    """How many lines a value takes in the widest column."""
    if not isinstance(value, str):
        return 1
    return sum(max(1, ceil(len(line) / (WIDEST - 4))) for line in value.split("\n"))


def _width(table: Table, column: int, cells: Cells) -> float:
    head = table.columns[column]
    values = (row[column] for row in islice(table.rows, MEASURED_ROWS) if len(row) > column)
    texts = (shown(value, head.kind, words=cells.words, unit=head.unit, digits=head.digits) for value in values)
    longest = max((len(line) for text in texts for line in text.split("\n")), default=0)
    title = max((len(word) for word in head.title.split()), default=0)
    # The arrow of the filter covers about three characters of the header.
    return min(WIDEST, max(NARROWEST, longest + 2, title + 4, min(len(head.title) + 4, 24)))
