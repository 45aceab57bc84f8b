"""The cells of a column, set once for each distinct text."""

from collections.abc import Iterator

from exports_pipeline.writers.fonts.face import EM
from exports_pipeline.writers.fonts.wrapping import wrapped
from exports_pipeline.writers.pdf_page import Pen, SetLine

Cell = tuple[tuple[float, tuple[tuple[str, str], ...]], ...]
"""For each line the points from the left edge of the text, and the operators that draw it."""


class Cells(dict[str | None, Cell]):
    """Cells by text; what is NULL is blank."""

    def __init__(self, pen: Pen, width: float, *, at_right: bool) -> None:
        super().__init__()
        self._pen, self._width, self._at_right = pen, width, at_right
        self[None] = self[""] = ((0.0, ()),)

    def __missing__(self, text: str | None) -> Cell:
        # A point of rounding must not break a line that was measured to fit.
        lines = self._set(text or "", int(self._width * EM / self._pen.size) + 1)
        self[text] = cell = tuple((self._shift(line), line.shows) for line in lines)
        return cell

    def _set(self, text: str, room: int) -> Iterator[SetLine]:
        """The lines of a text; one that came out wider than its words were measured is broken again."""
        for line in wrapped(text, room, self._pen.ink):
            ready = self._pen.set(line)
            if ready.width > self._width + 1 and len(line) > 1:
                yield from self._set(line, int(room * self._width / ready.width))
            else:
                yield ready

    def _shift(self, line: SetLine) -> float:
        return max(0.0, self._width - line.width) if self._at_right or line.from_right else 0.0
