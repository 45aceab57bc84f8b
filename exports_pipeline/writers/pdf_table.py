"""A table over the pages of a PDF, with its head on every page and its page number at the foot."""

from collections.abc import Sequence
from itertools import product
from math import ceil

from exports_pipeline.writers.pdf_cells import Cell, Cells
from exports_pipeline.writers.pdf_columns import PADDING, ROW_NUMBERS, Grid, Slot, arrange, wish
from exports_pipeline.writers.pdf_cover import draw_cover, made_at
from exports_pipeline.writers.pdf_document import PdfDocument
from exports_pipeline.writers.pdf_page import Page
from exports_pipeline.writers.pdf_rows import PADDING as ROW_PADDING
from exports_pipeline.writers.pdf_rows import Slice, height, paginate

_TEXT, _FAINT = "0.13 0.15 0.18", "0.42 0.45 0.5"
_HEAD, _STRIPE, _LINE = "0.89 0.92 0.95", "0.965 0.972 0.98", "0.55 0.6 0.66"
_SMALL = 7.0
_MOST_BOOKMARKS = 200


def draw_table(
    document: PdfDocument, titles: Sequence[str], texts: Sequence[Sequence[str | None]], numbers: Sequence[bool]
) -> None:
    """Draw all rows, given column by column as texts; those of `numbers` stand at the right."""
    table = _Table(document, titles, texts, numbers)
    cover, top = draw_cover(
        document.about,
        title=document.pen(17, bold=True),
        label=document.pen(8),
        body=document.pen(8),
        left=document.margin,
        top=document.height - document.margin,
        bottom=document.margin,
        width=document.width - 2 * document.margin,
    )
    table.draw(cover, top)


class _Table:
    def __init__(
        self,
        document: PdfDocument,
        titles: Sequence[str],
        texts: Sequence[Sequence[str | None]],
        numbers: Sequence[bool],
    ) -> None:
        self._document, self._numbers = document, numbers
        self._rows = len(texts[0])
        self._grid = _grid(document, titles, texts, numbers)
        self._pen = document.pen(self._grid.size)
        self._foot = document.pen(_SMALL)
        bold = document.pen(self._grid.size, bold=True)
        self._heads: dict[int, Cell] = {}
        self._cells: dict[int, Sequence[Cell]] = {}
        for slot in (slot for group in self._grid.groups for slot in group):
            at, width = slot.column, slot.width - 2 * PADDING
            if at == ROW_NUMBERS:
                self._heads[at] = Cells(bold, width, at_right=True)["#"]
                of_number = Cells(self._pen, width, at_right=True)
                self._cells[at] = [of_number[str(row)] for row in range(1, self._rows + 1)]
            else:
                self._heads[at] = Cells(bold, width, at_right=numbers[at])[titles[at]]
                of_text = Cells(self._pen, width, at_right=numbers[at])
                self._cells[at] = [of_text[text] for text in texts[at]]
        self._head_height = height(max(map(len, self._heads.values())), self._pen.leading)

    def draw(self, cover: list[Page], top: float) -> None:
        """Add all pages to the document, the first ones being those of the cover."""
        document, groups = self._document, self._grid.groups
        full = document.height - document.margin
        bottom = document.margin + 4
        if top - self._head_height - height(2, self._pen.leading) < bottom:
            cover, top = [*cover, Page()], full
        lines = [max(map(len, row)) for row in zip(*self._cells.values(), strict=True)]
        chunks = paginate(
            lines,
            leading=self._pen.leading,
            first_room=top - self._head_height - bottom,
            room=full - self._head_height - bottom,
        )
        pages = len(cover) - 1 + len(chunks) * len(groups)
        for number, page in enumerate(cover[:-1], 1):
            self._draw_foot(page, number, pages)
            document.add(page, bookmark=document.about.title if number == 1 else None)
        apart = ceil(len(chunks) * len(groups) / _MOST_BOOKMARKS)
        for at, ((place, slices), (group, slots)) in enumerate(product(enumerate(chunks), enumerate(groups))):
            page = cover[-1] if at == 0 else Page()
            self._draw_rows(page, slots, slices, top if place == 0 and group == 0 else full)
            self._draw_foot(page, len(cover) + at, pages)
            document.add(page, bookmark=self._bookmark(slices, group) if at % apart == 0 else None)

    def _draw_rows(self, page: Page, slots: Sequence[Slot], slices: Sequence[Slice], top: float) -> None:
        left, width = slots[0].x, slots[-1].x + slots[-1].width - slots[0].x
        leading, rise = self._pen.leading, self._pen.size
        page.box(left, top - self._head_height, width, self._head_height, colour=_HEAD)
        page.rule(left, top - self._head_height, width, colour=_LINE, thickness=0.8)
        for slot in slots:
            _draw_cell(page, slot, top - ROW_PADDING - rise, self._heads[slot.column], leading)
        y = top - self._head_height
        for part in slices:
            for slot in slots:
                lines = self._cells[slot.column][part.row][part.first : part.last]
                _draw_cell(page, slot, y - ROW_PADDING - rise, lines, leading)
            tall = height(part.last - part.first, leading)
            y -= tall
            if part.row % 2:
                page.box(left, y, width, tall, colour=_STRIPE)
        page.rule(left, y, width, colour=_LINE)
        if not self._rows:
            page.text(left + PADDING, y - leading, self._pen.set("No rows.").shows, colour=_FAINT)

    def _draw_foot(self, page: Page, number: int, pages: int) -> None:
        document, pen = self._document, self._foot
        y = document.margin - 12
        about = document.about
        page.text(document.margin, y, pen.set(_shortened(f"{about.title}, {made_at(about)}")).shows, colour=_FAINT)
        ready = pen.set(f"page {number:,} of {pages:,}")
        page.text(document.width - document.margin - ready.width, y, ready.shows, colour=_FAINT)

    def _bookmark(self, slices: Sequence[Slice], group: int) -> str:
        if not slices:
            return self._document.about.title
        rows = f"Rows {slices[0].row + 1:,} to {slices[-1].row + 1:,}"
        if len(self._grid.groups) == 1:
            return rows
        columns = [slot.column for slot in self._grid.groups[group]]
        return f"{rows}, columns {columns[1] + 1} to {columns[-1] + 1}"


def _grid(
    document: PdfDocument, titles: Sequence[str], texts: Sequence[Sequence[str | None]], numbers: Sequence[bool]
) -> Grid:
    body, head = document.pen(8).ink, document.pen(8, bold=True).ink
    wishes = [
        wish(title, {text for text in column if text}, is_number=is_number, body=body, head=head)
        for title, column, is_number in zip(titles, texts, numbers, strict=True)
    ]
    room = document.width - 2 * document.margin
    return arrange(wishes, left=document.margin, room=room, rows=len(texts[0]))


def _draw_cell(page: Page, slot: Slot, y: float, lines: Cell, leading: float) -> None:
    x, colour = slot.x + PADDING, _FAINT if slot.column == ROW_NUMBERS else _TEXT
    for shift, shows in lines:
        if shows:
            page.text(x + shift, y, shows, colour=colour)
        y -= leading


def _shortened(text: str, most: int = 160) -> str:
    """A line for the foot, which repeats what the first page says in full."""
    return text if len(text) <= most else f"{text[:most]}…"
