"""One page of a PDF: boxes, rules and set lines, written as operators (ISO 32000-1, 8 and 9)."""

from dataclasses import dataclass
from typing import Any

from exports_pipeline.writers.fonts.direction import starts_right
from exports_pipeline.writers.fonts.document_font import DocumentFont
from exports_pipeline.writers.fonts.face import EM
from exports_pipeline.writers.fonts.ink import Ink, show


@dataclass(frozen=True, slots=True)
class SetLine:
    """A line ready to be drawn: its width in points, and the font and the operators of each run."""

    width: float
    shows: tuple[tuple[str, str], ...]
    from_right: bool = False


class Pen:
    """A font at a size in one document."""

    def __init__(self, font: DocumentFont, document: Any, size: float) -> None:
        self.ink: Ink = font.ink(document)
        self.size = size
        self.leading = round(1.32 * size, 2)
        self._font, self._document = font, document
        self._first = f"{font.resource(0, document)} {size:g} Tf"

    def set(self, text: str) -> SetLine:
        """A text on one line."""
        plain = self.ink.plain(text)
        if plain is not None:
            return SetLine(self.ink.width(text) * self.size / EM, ((self._first, plain),))
        from_right = starts_right(text)
        line = self.ink.line(text, from_right=from_right)
        shows = tuple((self._name(face), show(run, self.size)) for face, run in line.runs)
        return SetLine(line.width * self.size / EM, shows, from_right)

    def _name(self, face: int) -> str:
        return f"{self._font.resource(face, self._document)} {self.size:g} Tf"


class Page:
    """What is drawn on a page; shapes lie below the text, coordinates are points from the lower left."""

    def __init__(self) -> None:
        self._shapes: list[str] = []
        self._words: list[str] = []
        self._font, self._ink = "", ""

    def box(self, x: float, y: float, width: float, height: float, *, colour: str) -> None:
        """A filled box; the colour is three numbers from 0 to 1."""
        self._shapes.append(f"{colour} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def rule(self, x: float, y: float, width: float, *, colour: str, thickness: float = 0.4) -> None:
        """A horizontal line."""
        self._shapes.append(f"{colour} RG {thickness:g} w {x:.2f} {y:.2f} m {x + width:.2f} {y:.2f} l S")

    def text(self, x: float, y: float, shows: tuple[tuple[str, str], ...], *, colour: str) -> None:
        """A set line from `x`, its base line at `y`."""
        words = self._words
        if colour != self._ink:
            words.append(f"{colour} rg")
            self._ink = colour
        words.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm")
        for font, operators in shows:
            if font != self._font:
                words.append(font)
                self._font = font
            words.append(operators)

    def content(self) -> str:
        """The page's content stream."""
        return "\n".join([*self._shapes, "BT", *self._words, "ET"])
