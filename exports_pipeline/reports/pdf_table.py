"""A table of a PDF report: wide enough for its texts, its header on every page, no text ever cut."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import CondPageBreak, Flowable, LongTable, Spacer

from exports_pipeline.core.report import Table
from exports_pipeline.reports import theme
from exports_pipeline.reports.pdf_style import Look
from exports_pipeline.reports.values import NUMBERS, shown
from exports_pipeline.writers.fonts.direction import is_plain

PADDING_PT = 5.0
NARROWEST_PT = 34.0
WIDEST_PT = 220.0
MEASURED_ROWS = 400
"""Widths are taken from so many rows; longer texts further down are wrapped."""

_ROOM_TO_WRITE_PT = 30.0
"""Below the text of a row that people write into."""

Cells = list[list[str]]


def is_wide(table: Table, room: float, look: Look) -> bool:
    """Whether the longest words of all columns do not fit beside each other."""
    return bool(table.rows) and sum(least for least, _ in _wanted(table, _texts(table, look), look)) > room


def grids(table: Table, room: float, look: Look) -> list[Flowable]:
    """The table over many pages; in several parts if its columns do not fit beside each other."""
    cells = _texts(table, look)
    wanted = _wanted(table, cells, look)
    groups = _groups(wanted, room)
    parts: list[Flowable] = []
    for group in groups:
        if len(groups) > 1:
            text = look.words.part.format(first=group[1] + 1, last=group[-1] + 1, count=len(wanted))
            parts += [Spacer(0, 6), CondPageBreak(80), look.paragraph(text, theme.SMALL_PT, colour=theme.MUTED)]
        fitted = [room / len(group)] * len(group) if table.is_form else _fitted([wanted[i] for i in group], room)
        widths = [min(width, room) for width in fitted]
        parts.append(_grid(table, cells, group, widths, look))
    return parts


def _texts(table: Table, look: Look) -> Cells:
    """The rows as texts, with as many cells as there are columns."""
    return [
        [
            shown(value, column.kind, words=look.words, unit=column.unit, digits=column.digits)
            for column, value in zip(table.columns, [*row, *[None] * (len(table.columns) - len(row))], strict=False)
        ]
        for row in table.rows
    ]


def _wanted(table: Table, cells: Cells, look: Look) -> list[tuple[float, float]]:
    """For each column the least width, that of its longest word, and the one at which nothing wraps, in points."""
    widths = []
    for i, column in enumerate(table.columns):
        texts = [row[i] for row in islice(cells, MEASURED_ROWS)]
        words = {word for text in texts for word in text.split(" ")}
        least = max(
            [look.letters.width(word, theme.SMALL_PT) for word in words]
            + [look.letters.width(word, theme.SMALL_PT, bold=True) for word in column.title.split()],
            default=0,
        )
        most = max(
            [
                look.letters.width(column.title, theme.SMALL_PT, bold=True),
                *(look.letters.width(text, theme.SMALL_PT) for text in set(texts)),
            ]
        )
        numeric = column.kind in NUMBERS
        least, most = least + 2 * PADDING_PT + 1, most + 2 * PADDING_PT + 1
        widths.append((min(max(least, NARROWEST_PT), WIDEST_PT if not numeric else 1e9), max(most, NARROWEST_PT)))
    return widths


def _fitted(wanted: Sequence[tuple[float, float]], room: float) -> list[float]:
    """Widths that fill the room at most: everybody has the least, the rest goes where texts would wrap."""
    least = sum(low for low, _ in wanted)
    wish = sum(high - low for low, high in wanted)
    spare = max(room - least, 0)
    share = min(1.0, spare / wish) if wish else 0.0
    widths = [low + (high - low) * share for low, high in wanted]
    left = room - sum(widths)
    # A table of few columns is stretched, but not so far that the eye loses the row.
    return [width + min(left / len(widths), 60.0) for width in widths] if left > 0 else widths


def _groups(wanted: Sequence[tuple[float, float]], room: float) -> list[list[int]]:
    """The columns in groups that fit beside each other; the first column leads every group."""
    groups: list[list[int]] = [[0]]
    used = wanted[0][0]
    for i, (low, _) in enumerate(wanted[1:], start=1):
        if used + low > room and groups[-1] not in ([0], []):
            groups.append([0])
            used = wanted[0][0]
        groups[-1].append(i)
        used += low
    return groups


def _grid(table: Table, cells: Cells, group: Sequence[int], widths: Sequence[float], look: Look) -> Flowable:
    """One group of columns as a table that may run over many pages."""
    if look.rtl:
        group, widths = group[::-1], widths[::-1]
    columns = [table.columns[i] for i in group]
    right = [column.kind in NUMBERS for column in columns]
    header = [look.paragraph(c.title, theme.SMALL_PT, bold=True, right=r) for c, r in zip(columns, right, strict=True)]
    rows = [
        [
            _cell(row[i], width, right=is_right, look=look)
            for i, width, is_right in zip(group, widths, right, strict=True)
        ]
        for row in cells
    ]
    style: list[Any] = [
        ("FONT", (0, 0), (-1, -1), look.letters.regular, theme.SMALL_PT, theme.SMALL_PT * 1.38),
        ("TEXTCOLOR", (0, 0), (-1, -1), HexColor(theme.INK)),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("VALIGN", (0, 1), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING_PT),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING_PT),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        *([("BOTTOMPADDING", (0, 1), (-1, -1), _ROOM_TO_WRITE_PT)] if table.is_form else []),
        ("BACKGROUND", (0, 0), (-1, 0), HexColor(theme.PANEL)),
        ("LINEBELOW", (0, 0), (-1, 0), 1.0, HexColor(look.branding.accent)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(theme.RULE)),
        *(("ALIGN", (i, 0), (i, -1), "RIGHT") for i, is_right in enumerate(right) if is_right is not look.rtl),
    ]
    return LongTable(
        [header, *rows],
        colWidths=list(widths),
        style=style,
        repeatRows=1,
        hAlign="RIGHT" if look.rtl else "LEFT",
        splitInRow=1,
    )


def _cell(text: str, width: float, *, right: bool, look: Look) -> str | Flowable:
    """A line where it fits: paragraphs cost thirty times as much."""
    fits = "\n" not in text and look.letters.width(text, theme.SMALL_PT) <= width - 2 * PADDING_PT
    if fits and look.letters.is_of_one_font(text) and is_plain(text):
        return text
    return look.paragraph(text, theme.SMALL_PT, right=right)
