"""The first sheet of a workbook: everything but the rows of the tables, in the order of the report."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from xlsxwriter.worksheet import Worksheet

from exports_pipeline.core.report import Chart, KeyFigure, KeyFigures, Kind, Report, Table, Text
from exports_pipeline.reports import theme
from exports_pipeline.reports.values import MOST_TIMES, change_of, shown, shown_change, shown_figure, shown_previous
from exports_pipeline.reports.xlsx_cells import Cells
from exports_pipeline.reports.xlsx_chart import ChartData

LEFT, COLUMNS = 1, 11
"""Four cards and three gaps; the gap behind the last card is not used."""
CARD = 3
"""Columns of a card: four stand side by side."""
WIDTHS = (13.0, 13.0, 2.0)
"""Of the columns of a card and the gap behind it, in characters."""
VALUE_CHARS = 12
"""Of the largest size in a card."""
LINE_PT = 14.0
ROW_PX = 20


class Overview:
    """Writes from the top down."""

    def __init__(self, sheet: Worksheet, cells: Cells, data: ChartData, links: Mapping[int, str]) -> None:
        self._sheet, self._cells, self._data, self._links = sheet, cells, data, links
        self._row = 1

    def write(self, report: Report) -> None:
        """Fill the sheet; `links` names the sheet of each table by its place among the sections."""
        sheet = self._sheet
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 2)
        for column in range(COLUMNS):
            sheet.set_column(LEFT + column, LEFT + column, WIDTHS[column % CARD])
        self._lines(report.title, bold=True, font_size=20, chars=56)
        if report.subtitle:
            self._lines(report.subtitle, font_size=12, font_color=theme.MUTED, chars=100)
        self._row += 1
        if not report.sections:
            self._lines(self._cells.words.no_sections, font_color=theme.MUTED)
        for place, section in enumerate(report.sections):
            match section:
                case Text():
                    self._text(section)
                case KeyFigures():
                    self._figures(section)
                case Chart():
                    self._chart(section)
                case Table():
                    self._link(section, self._links[place])
            self._row += 1
        self._facts(report)

    def _heading(self, text: str) -> None:
        if text:
            self._lines(text, bold=True, font_size=13, chars=90)

    def _text(self, section: Text) -> None:
        self._heading(section.heading)
        background, edge = theme.TONES[section.tone]
        look: dict[str, Any] = (
            {}
            if edge == theme.INK
            else {
                "bg_color": background,
                "left": 5,
                "left_color": edge,
                "align": "left",
                "indent": 1,
                "valign": "vcenter",
            }
        )
        for paragraph in section.text.split("\n\n"):
            if paragraph.strip():
                self._lines(paragraph.strip(), **look)

    def _lines(self, text: str, *, chars: int = 118, **look: Any) -> None:
        """A text over all columns, in a row high enough for it."""
        lines = sum(max(1, ceil(len(line) / chars)) for line in text.split("\n"))
        size = float(str(look.get("font_size", 10)))
        self._sheet.set_row(self._row, min(409.0, lines * LINE_PT * size / 10 + 4))
        self._merged(self._row, LEFT, COLUMNS, text_wrap=True, **look)
        self._cells.text(self._sheet, self._row, LEFT, text, text_wrap=True, **look)
        self._row += 1

    def _merged(self, row: int, column: int, wide: int, **look: Any) -> None:
        self._sheet.merge_range(row, column, row, column + wide - 1, "", self._cells.look(**look))

    def _figures(self, section: KeyFigures) -> None:
        self._heading(section.heading)
        beside = (COLUMNS + 1) // CARD
        for start in range(0, len(section.figures), beside):
            for i, figure in enumerate(section.figures[start : start + beside]):
                self._card(figure, LEFT + i * CARD)
            self._sheet.set_row(self._row, 30)
            self._sheet.set_row(self._row + 1, 28)
            notes = [figure.note for figure in section.figures[start : start + beside]]
            self._sheet.set_row(self._row + 4, LINE_PT * max(1, *(ceil(len(note) / 28) for note in notes), 1))
            self._row += 6

    def _card(self, figure: KeyFigure, column: int) -> None:
        sheet, cells, row = self._sheet, self._cells, self._row
        box: dict[str, Any] = {"bg_color": theme.PANEL, "indent": 1, "align": "left"}
        wide = CARD - 1
        top = {
            **box,
            "top": 2,
            "top_color": cells.branding.accent,
            "font_color": theme.MUTED,
            "text_wrap": True,
            "valign": "vcenter",
        }
        chars = len(shown_figure(figure, cells.words))
        value = {**box, "bold": True, "font_size": min(18, max(9, 18 * VALUE_CHARS // max(chars, 1)))}
        muted = {**box, "font_color": theme.MUTED, "font_size": 9, "text_wrap": True}
        change = change_of(figure)
        moved = {**box, "bold": True, "font_color": theme.colour_of_change(change, figure.better)}
        for line, look in enumerate((top, value, moved, muted, muted)):
            self._merged(row + line, column, wide, **look)
        cells.text(sheet, row, column, figure.title, **top)
        cells.write(sheet, row + 1, column, figure.value, figure.kind, unit=figure.unit, digits=figure.digits, **value)
        if change is not None and abs(change) > MOST_TIMES:
            cells.text(
                sheet, row + 2, column, f"{'▲' if change > 0 else '▼'} {shown_change(change, cells.words)}", **moved
            )
        elif change is not None:
            unchanged = cells.words.unchanged
            cells.write(
                sheet, row + 2, column, change, Kind.PERCENT, **moved | {"num_format": f'▲ 0.0%;▼ 0.0%;"{unchanged}"'}
            )
        cells.text(sheet, row + 3, column, shown_previous(figure, cells.words), **muted)
        cells.text(sheet, row + 4, column, figure.note, **muted)

    def _chart(self, section: Chart) -> None:
        made = self._data.chart(section)
        if made is None:
            self._heading(section.heading)
            self._lines(self._cells.words.no_data, font_color=theme.MUTED)
            return
        native, height = made
        options = {"description": section.description, "object_position": 2}
        self._sheet.insert_chart(self._row, LEFT, native, options)
        self._row += ceil(height / ROW_PX) + 1

    def _link(self, section: Table, name: str) -> None:
        self._heading(section.heading)
        look = self._cells.look(font_color=self._cells.branding.accent, underline=1)
        quoted = name.replace("'", "''")
        words = self._cells.words
        rows = shown(len(section.rows), Kind.INTEGER, words=words)
        text = f"→ {name} ({words.rows}: {rows})"
        self._sheet.write_url(self._row, LEFT, f"internal:'{quoted}'!A1", look, text)
        self._row += 1
        if section.note:
            self._lines(section.note, font_color=theme.MUTED)

    def _facts(self, report: Report) -> None:
        if not report.facts:
            return
        self._heading(self._cells.words.about)
        for name, value in report.facts:
            lines = sum(max(1, ceil(len(line) / 95)) for line in value.split("\n"))
            self._sheet.set_row(self._row, min(409.0, lines * LINE_PT))
            self._merged(self._row, LEFT, 2)
            self._merged(self._row, LEFT + 2, COLUMNS - 2, text_wrap=True)
            self._cells.text(self._sheet, self._row, LEFT, name, font_color=theme.MUTED)
            self._cells.text(self._sheet, self._row, LEFT + 2, value, text_wrap=True)
            self._row += 1
