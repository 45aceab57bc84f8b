"""The workbook around the rows: styles, headers, widths and the sheet "About", made by xlsxwriter without any rows."""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.utility import xl_range
from xlsxwriter.worksheet import Worksheet

from exports_pipeline.core.about import About
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.writers.number_formats import TEXT
from exports_pipeline.writers.xlsx_about import Written, about_lines, column_lines

ABOUT = "About"
_INK, _PAPER, _LINE = "#1F3A5F", "#FFFFFF", "#D5DCE4"
_ABOUT_WIDTHS = (26, 40, 28, 12, 60)
_LINE_HEIGHT, _TALLEST = 15, 409
"""Points; a row of Excel is no taller."""
_NAME_CHARACTERS = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
_COLUMN_STYLE = re.compile(r'<col min="(\d+)" max="(\d+)"[^>]*? style="(\d+)"')
_DIMENSION = re.compile(r"<dimension [^>]*/>")
_ROWS_END = "</sheetData>"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What all sheets with rows have in common."""

    headers: Sequence[str]
    formats: Sequence[str]
    """Number format of each column."""
    widths: Sequence[int]


def sheet_names(title: str, count: int) -> list[str]:
    """Names of the sheets with rows, as Excel allows them: numbered where there are more than one."""
    clean = _FORBIDDEN.sub(" ", title).strip("' ") or "Data"
    if clean.casefold() in {ABOUT.casefold(), "history"}:
        clean += " data"
    endings = [f" {place}" for place in range(1, count + 1)] if count > 1 else [""]
    return [_cut(clean, _NAME_CHARACTERS - len(ending)).rstrip("' ") + ending for ending in endings]


def book(
    look: Look,
    sheets: Sequence[tuple[str, int]],
    about: About,
    *,
    written: Written | None = None,
    columns: Sequence[Column] = (),
    options: FormatOptions | None = None,
) -> dict[str, bytes]:
    """The parts of a workbook whose sheets are still without rows; with "About" once all is written."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"in_memory": True})
    workbook.set_properties(
        {"title": about.title, "subject": about.dataset, "author": about.requester, "created": about.made_at}
    )
    header = workbook.add_format(
        {"bold": True, "font_color": _PAPER, "bg_color": _INK, "border": 1, "border_color": _LINE, "valign": "vcenter"}
    )
    text = {"align": "left", "indent": 1}  # away from a number to its left
    styles = [workbook.add_format({"num_format": shown, **(text if shown == TEXT else {})}) for shown in look.formats]
    for name, rows in sheets:
        _add_sheet(workbook.add_worksheet(name), rows, look, header, styles)
    if written is not None:
        _add_about(workbook, about, written, columns, options or FormatOptions(), header)
    workbook.close()
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def style_ids(look: Look, about: About) -> list[int]:
    """The number that each column's style has in the workbook."""
    xml = book(look, [("Data", 0)], about)["xl/worksheets/sheet1.xml"].decode()
    found = {
        place: int(style)
        for first, last, style in _COLUMN_STYLE.findall(xml)
        for place in range(int(first), int(last) + 1)
    }
    return [found.get(place, 0) for place in range(1, len(look.formats) + 1)]


def around_rows(sheet: bytes) -> tuple[bytes, bytes]:
    """What stands before and after the rows of a sheet; its size is left out, which readers then find themselves."""
    before, end, after = _DIMENSION.sub("", sheet.decode()).partition(_ROWS_END)
    return before.encode(), (end + after).encode()


def _add_sheet(sheet: Worksheet, rows: int, look: Look, header: CellFormat, styles: Sequence[CellFormat]) -> None:
    for place, (name, width, style) in enumerate(zip(look.headers, look.widths, styles, strict=True)):
        sheet.set_column(place, place, width, style)
        sheet.write_string(0, place, name, header)
    last = len(look.headers) - 1
    sheet.set_row(0, 20)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, rows, last)
    sheet.ignore_errors({"number_stored_as_text": xl_range(0, 0, max(rows, 1), last)})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&RPage &P of &N")


def _add_about(
    workbook: xlsxwriter.Workbook,
    about: About,
    written: Written,
    columns: Sequence[Column],
    options: FormatOptions,
    header: CellFormat,
) -> None:
    sheet = workbook.add_worksheet(ABOUT)
    title = workbook.add_format({"bold": True, "font_size": 16, "font_color": _INK})
    name = workbook.add_format({"bold": True, "valign": "top", "font_color": _INK})
    text = workbook.add_format({"text_wrap": True, "valign": "top", "align": "left", "num_format": TEXT})
    sheet.hide_gridlines(2)
    for place, width in enumerate(_ABOUT_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, about.title, title)
    row = 2
    for key, value in about_lines(about, written, options):
        sheet.set_row(row, _height(value, sum(_ABOUT_WIDTHS[1:])))
        sheet.write_string(row, 0, key, name)
        sheet.merge_range(row, 1, row, 4, "", text)
        sheet.write_string(row, 1, value, text)
        row += 1
    row += 1
    for place, key in enumerate(("Column", "Title", "Type", "Unit", "Description")):
        sheet.write_string(row, place, key, header)
    for line in column_lines(columns):
        row += 1
        sheet.set_row(row, max(map(_height, line, _ABOUT_WIDTHS)))
        for place, value in enumerate(line):
            sheet.write_string(row, place, value, text)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _height(text: str, width: int) -> float:
    """Of a row with wrapped text, in points; no reader finds it itself where cells are merged."""
    lines = sum(max(1, -(-len(line) // width)) for line in text.splitlines() or [""])
    return min(_TALLEST, _LINE_HEIGHT * lines)


def _cut(text: str, units: int) -> str:
    """The beginning of a text that has at most so many characters in UTF-16."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore")
