"""Cells of a workbook: numbers and dates as such, everything else as text that no spreadsheet evaluates."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Kind, Value
from exports_pipeline.reports import theme
from exports_pipeline.reports.values import DASH, NUMBERS, SIGNS, digits_of, is_missing, shown
from exports_pipeline.reports.words import Words

LONGEST_TEXT = 32_767
"""Excel's limit of a cell."""
LONGEST_NAME = 31
"""Excel's limit of a sheet's name."""
MOST_DIGITS = 15
"""Excel keeps no more digits of a number."""
_FIRST_YEAR = 1900
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_FORMATS = {"en": "d mmm yyyy", "de": "dd.mm.yyyy", "cs": "d. m. yyyy"}


class Cells:
    """Writes values into the sheets of one workbook, each look made once."""

    def __init__(self, book: Workbook, branding: Branding, words: Words) -> None:
        self._book, self.branding, self.words = book, branding, words
        self._looks: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = {"history"}  # reserved by Excel

    def look(self, **properties: Any) -> Any:
        """A cell format in the document's font."""
        base = {
            "font_name": self.branding.font_name or "Arial",
            "font_size": 10,
            "font_color": theme.INK,
            "valign": "top",
        }
        key = tuple(sorted((base | properties).items()))
        if key not in self._looks:
            self._looks[key] = self._book.add_format(dict(key))
        return self._looks[key]

    def sheet(self, name: str) -> Worksheet:
        """A new sheet whose name Excel allows."""
        plain = _FORBIDDEN.sub(" ", name).strip().strip("'").strip() or "Sheet"
        for candidate in _candidates(plain):
            if candidate.lower() not in self._names:
                self._names.add(candidate.lower())
                return self._book.add_worksheet(candidate)
        raise AssertionError  # the candidates never end

    def write(
        self,
        sheet: Worksheet,
        row: int,
        column: int,
        value: Value,
        kind: Kind,
        *,
        unit: str = "",
        digits: int = 0,
        **look: Any,
    ) -> None:
        """Write one value; a dash where it is missing."""
        aligned: dict[str, Any] = {"align": "right" if kind in NUMBERS else "left", **look}
        if value is None or is_missing(value):
            sheet.write_string(row, column, DASH, self.look(**aligned | {"font_color": theme.MUTED}))
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, self.look(**{"align": "left", **look}))
        elif isinstance(value, date) and value.year >= _FIRST_YEAR:
            moment = value.replace(tzinfo=None) if isinstance(value, datetime) else value
            has_time = kind is not Kind.DATE and isinstance(value, datetime)
            dated = self.date_format() + (" hh:mm" if has_time else "")
            sheet.write_datetime(row, column, moment, self.look(**{"align": "left", **look, "num_format": dated}))
        elif isinstance(value, int | float | Decimal) and _fits(value):
            number = {"num_format": self.number_format(kind, unit, digits_of(value, kind, digits)), **look}
            sheet.write_number(row, column, value, self.look(**number))
        else:
            self.text(sheet, row, column, shown(value, kind, words=self.words, unit=unit, digits=digits), **aligned)

    def text(self, sheet: Worksheet, row: int, column: int, text: str, **look: Any) -> None:
        """Write a text, shortened with a visible mark where Excel has no room for it."""
        if len(text) > LONGEST_TEXT:
            mark = f" [… {self.words.shortened.format(count=len(text))}]"
            text = text[: LONGEST_TEXT - len(mark)] + mark
        sheet.write_string(row, column, text, self.look(**look))

    def date_format(self) -> str:
        """Excel's format of a day."""
        return _FORMATS[self.words.locale[:2]]

    def number_format(self, kind: Kind, unit: str, digits: int) -> str:
        """Excel's format of a kind; separators are those of the reader's own Excel."""
        number = "#,##0" + ("." + "0" * min(digits, 30) if digits else "")
        if kind is Kind.PERCENT:
            return number.replace("#,##", "") + "%"
        if kind not in NUMBERS:
            return "General"
        quoted = '"' + SIGNS.get(unit, unit).replace('"', "") + '"'
        if kind is Kind.MONEY and unit in SIGNS and self.words.symbol_first:
            return f"{quoted}{number};-{quoted}{number}"
        return f"{number} {quoted}" if unit else number


def _fits(value: float | Decimal) -> bool:
    """Whether a number is the same in Excel."""
    if isinstance(value, float):
        return True
    return len(Decimal(value).normalize().as_tuple().digits) <= MOST_DIGITS and abs(value) < 1e300


def _candidates(name: str) -> Iterator[str]:
    yield name[:LONGEST_NAME].rstrip("' ")
    for number in count(2):
        end = f" ({number})"
        yield name[: LONGEST_NAME - len(end)] + end
