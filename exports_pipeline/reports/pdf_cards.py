"""Key figures as cards, side by side in equal widths."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, Table

from exports_pipeline.core.report import KeyFigure
from exports_pipeline.reports import theme
from exports_pipeline.reports.pdf_style import Look
from exports_pipeline.reports.values import change_of, shown_change, shown_figure, shown_previous

MOST_BESIDE = 4
GAP_PT = 10.0
PADDING_PT = 10.0
ARROW_PT = 12.0
"""Room of the arrow before a change."""


class Change(Flowable):
    """An arrow and the size of a change."""

    def __init__(self, change: float, figure: KeyFigure, look: Look) -> None:
        super().__init__()
        self._up, self._text = change > 0, shown_change(change, look.words) if change else look.words.unchanged
        self._flat = change == 0
        self._colour = HexColor(theme.colour_of_change(change, figure.better))
        self._look = look

    def wrap(self, available_width: float, _available_height: float) -> tuple[float, float]:
        """One line."""
        self.width, self.height = available_width, theme.BODY_PT * 1.5
        return self.width, self.height

    def draw(self) -> None:
        """Draw the arrow as a triangle, as fonts may not have one."""
        letters = self._look.letters
        length = letters.width(self._text, theme.BODY_PT, bold=True) + (0 if self._flat else ARROW_PT)
        canvas, x, y = self.canv, self.width - length if self._look.rtl else 0.0, 3.5
        canvas.setFillColor(self._colour)
        if not self._flat:
            path = canvas.beginPath()
            tip, base = (y + 6.5, y) if self._up else (y, y + 6.5)
            path.moveTo(x, base)
            path.lineTo(x + 8, base)
            path.lineTo(x + 4, tip)
            path.close()
            canvas.drawPath(path, stroke=0, fill=1)
            x += ARROW_PT
        canvas.setFont(letters.bold, theme.BODY_PT)
        canvas.drawString(x, y, self._text)


def cards(figures: Sequence[KeyFigure], width: float, look: Look) -> list[Flowable]:
    """Rows of cards over the whole width."""
    beside = _beside(len(figures))
    card_width = (width - GAP_PT * (beside - 1)) / beside
    return [_row(figures[i : i + beside], card_width, beside, look) for i in range(0, len(figures), beside)]


def _beside(count: int) -> int:
    """How many stand in a row, so that the last one is not left alone."""
    if count <= MOST_BESIDE:
        return max(count, 2)
    return MOST_BESIDE if count % MOST_BESIDE in {0, 3} else 3


def _row(figures: Sequence[KeyFigure], card_width: float, beside: int, look: Look) -> Table:
    """Cards whose titles, values and the rest stand at the same heights."""
    size = min(_size_of(figure, card_width, look) for figure in figures)
    lines: list[list[list[Flowable]]] = [[], [], []]
    for figure in figures:
        for line, part in zip(lines, _parts(figure, size, look), strict=True):
            line += [part, []]
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("VALIGN", (0, 1), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING_PT),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING_PT),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, 0), 9),
        ("BOTTOMPADDING", (0, -1), (-1, -1), 9),
    ]
    for i in range(len(figures)):
        place = 2 * (beside - 1 - i if look.rtl else i)
        style.append(("BACKGROUND", (place, 0), (place, -1), HexColor(theme.PANEL)))
        style.append(("LINEABOVE", (place, 0), (place, 0), 2, HexColor(look.branding.accent)))
    cells = [[*line, *[""] * (2 * beside - len(line))][:-1] for line in lines]
    if look.rtl:
        cells = [line[::-1] for line in cells]
    widths = [GAP_PT if i % 2 else card_width for i in range(2 * beside - 1)]
    return Table(cells, colWidths=widths, style=style, spaceAfter=GAP_PT, hAlign="LEFT")


def _size_of(figure: KeyFigure, card_width: float, look: Look) -> float:
    """The size at which the longest word of a value fits its card."""
    room = card_width - 2 * PADDING_PT
    words = shown_figure(figure, look.words).split(" ")
    longest = max(look.letters.width(word, theme.FIGURE_PT, bold=True) for word in words)
    return max(theme.SMALL_PT, min(theme.FIGURE_PT, theme.FIGURE_PT * room / max(longest, 1)))


def _parts(figure: KeyFigure, size: float, look: Look) -> tuple[list[Flowable], list[Flowable], list[Flowable]]:
    """The title, the value, and what is said of it."""
    change = change_of(figure)
    lines = (shown_previous(figure, look.words), figure.note)
    return (
        [look.paragraph(figure.title, theme.SMALL_PT, colour=theme.MUTED)],
        [look.paragraph(shown_figure(figure, look.words), size, bold=True)],
        [
            *([] if change is None else [Change(change, figure, look)]),
            *(look.paragraph(line, theme.SMALL_PT, colour=theme.MUTED) for line in lines if line),
        ],
    )
