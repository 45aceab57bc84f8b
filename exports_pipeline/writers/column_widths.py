"""How wide the columns of a sheet are, judged by the rows it begins with."""

import re
from collections.abc import Sequence
from html import unescape

from exports_pipeline.writers.number_formats import GENERAL, TEXT, TRUTH

NARROWEST, WIDEST = 7, 60
_CELL = re.compile(r'<c r="([A-Z]+)\d+" s="\d+"([^>]*)>(?:<v>|<is><t[^>]*>)([^<]*)')
_FILTER_BUTTON = 3
_DAY_S = 86_400
_SHOWN_S = 0.0005
"""Half of the finest fraction that a spreadsheet shows."""


class Sample:
    """What the first rows of a sheet show."""

    def __init__(self, names: Sequence[str], formats: Sequence[str]) -> None:
        self._formats = formats
        self._widths = [len(name) + _FILTER_BUTTON for name in names]
        self.fractions: set[int] = set()
        """Places of columns with times that have fractions of a second."""

    def look_at(self, xml: str) -> None:
        """Take the cells of some rows into account."""
        for column, type_, value in _CELL.findall(xml):
            place = 0
            for letter in column:
                place = 26 * place + ord(letter) - ord("A") + 1
            self._take(place - 1, value, is_number=not type_)

    @property
    def widths(self) -> list[int]:
        """Of each column, in characters."""
        return [min(WIDEST, max(NARROWEST, width)) + 1 for width in self._widths]

    def _take(self, place: int, value: str, *, is_number: bool) -> None:
        shown = self._formats[place]
        if not is_number:
            width = max(map(len, unescape(value).splitlines()), default=0)
        elif "ss" in shown:
            seconds = float(value) * _DAY_S
            if abs(seconds - round(seconds)) > _SHOWN_S:
                self.fractions.add(place)
            width = len(shown.replace('"', "")) + 2
        else:
            width = _of_number(value, shown)
        self._widths[place] = max(self._widths[place], width)


def _of_number(value: str, shown: str) -> int:
    if shown in {GENERAL, TEXT, TRUTH}:
        return len(value)
    number, _, suffix = shown.partition('"')
    whole = len(value.partition(".")[0])
    if "," in number:
        whole += (whole - 1) // 3
    fraction = number.partition(".")[2].rstrip()
    return whole + len(fraction) + bool(fraction) + (len(suffix) if suffix else 0)
