"""Text set for one document: measured, shaped, and written as the operators of a PDF page."""

import unicodedata
from dataclasses import dataclass

from exports_pipeline.writers.fonts.codes import Codes
from exports_pipeline.writers.fonts.direction import visual_runs
from exports_pipeline.writers.fonts.face import EM, Placed
from exports_pipeline.writers.fonts.typeface import Typeface

_KEPT = 20_000
"""Shaped texts that are kept for when they come again."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A glyph by its code, and where it stands beside the pen."""

    code: int
    width: int
    dx: int = 0
    dy: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A text on one line: glyphs from left to right in runs of one face each, given by its place."""

    width: int
    """In thousandths of the font size."""
    runs: tuple[tuple[int, tuple[Drawn, ...]], ...]


class Ink:
    """The codes of all faces of a typeface in one document."""

    def __init__(self, typeface: Typeface) -> None:
        self.typeface = typeface
        self.codes = tuple(Codes(face) for face in typeface.faces)
        self._first = self.codes[0].plain
        self._lines: dict[tuple[str, bool], Line] = {}

    def width(self, text: str) -> int:
        """The width of a text on one line, in thousandths of the font size; words are measured one by one."""
        try:
            return sum(map(self._first.__getitem__, text))
        except KeyError:
            words = text.split(" ")
            if len(words) == 1:
                return self.line(text).width
            return (len(words) - 1) * self._first[" "] + sum(map(self.width, words))

    def plain(self, text: str) -> str | None:
        """The operator that shows a text of the first face that needs no shaping; None for any other."""
        try:
            sum(map(self._first.__getitem__, text))
        except KeyError:
            return None
        return f"<{text.encode('utf-16-be').hex()}> Tj"

    def line(self, text: str, *, from_right: bool = False) -> Line:
        """A text as it is drawn, in the order of its scripts; `from_right` where its paragraph begins there."""
        found = self._lines.get((text, from_right))
        if found is None:
            runs: list[tuple[int, tuple[Drawn, ...]]] = []
            for run, is_rtl in visual_runs(text, from_right=from_right):
                parts = self.typeface.runs(run)
                for face, part in reversed(parts) if is_rtl else parts:
                    runs.append((face, tuple(_drawn(self.codes[face], part, is_rtl=is_rtl))))
            found = Line(sum(drawn.width for _, run in runs for drawn in run), tuple(runs))
            if len(self._lines) >= _KEPT:
                self._lines.clear()
            self._lines[text, from_right] = found
        return found


def show(run: tuple[Drawn, ...], size: float) -> str:
    """The operators that show a run whose font is set already."""
    written, rise = [], 0
    parts: list[str] = []

    def end() -> None:
        if parts:
            written.append(f"[{''.join(parts)}] TJ")
            parts.clear()

    for drawn in run:
        if drawn.dy != rise:
            end()
            rise = drawn.dy
            written.append(f"{rise * size / EM:.2f} Ts")
        parts.append(f" {-drawn.dx}<{drawn.code:04x}>{drawn.dx} " if drawn.dx else f"<{drawn.code:04x}>")
    end()
    if rise:
        written.append("0 Ts")
    return " ".join(written).replace("><", "")


def _drawn(codes: Codes, text: str, *, is_rtl: bool) -> list[Drawn]:
    if not is_rtl:
        try:
            widths = [codes.plain[char] for char in text]
        except KeyError:
            pass
        else:
            return [Drawn(ord(char), width) for char, width in zip(text, widths, strict=True)]
    placed = codes.face.shape(text, is_rtl=is_rtl)
    return [
        Drawn(codes.code(glyph.glyph, part, glyph.advance), glyph.advance, glyph.dx, glyph.dy)
        for glyph, part in zip(placed, _texts(placed, text, is_rtl=is_rtl), strict=True)
    ]


def _texts(placed: list[Placed], text: str, *, is_rtl: bool) -> list[str]:
    """The characters that each glyph stands for.

    The characters of a cluster are dealt out to its glyphs as they stand, the last one taking the rest; where there are
    more glyphs than characters, the last glyphs stand for none.
    """
    starts = sorted({glyph.cluster for glyph in placed})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    groups: dict[int, list[int]] = {}
    for place, glyph in enumerate(placed):
        groups.setdefault(glyph.cluster, []).append(place)
    found = [""] * len(placed)
    for start, places in groups.items():
        chars = [_told(char) for char in text[start : ends[start]]]
        for place in reversed(places) if is_rtl else places:
            is_last = place == (places[0] if is_rtl else places[-1])
            found[place] = "".join(chars) if is_last else "".join(chars[:1])
            chars = [] if is_last else chars[1:]
    return found


def _told(char: str) -> str:
    """A character as it is extracted; control characters and what Unicode rules out would break the reader."""
    return "\ufffd" if unicodedata.category(char) in {"Cc", "Cs"} or ord(char) & 0xFFFE == 0xFFFE else char
