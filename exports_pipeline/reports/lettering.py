"""The letters of a document: those of the brand's fonts where they have them, else the packaged ones."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import cast
from xml.sax.saxutils import escape

from reportlab.pdfbase.pdfmetrics import getFont, getRegisteredFontNames, registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont

from exports_pipeline.core.branding import Branding
from exports_pipeline.writers.fonts.direction import is_plain
from exports_pipeline.writers.fonts.document_font import BOLD_FONT, REGULAR_FONT, register_fonts


@dataclass(frozen=True)
class Letters:
    """The fonts of one document, by the names under which ReportLab knows them."""

    regular: str = REGULAR_FONT
    bold: str = BOLD_FONT

    def runs(self, text: str, *, bold: bool = False) -> Iterator[tuple[str, str]]:
        """The text in pieces, each with the name of a font that has its letters."""
        own, packaged = (self.bold, BOLD_FONT) if bold else (self.regular, REGULAR_FONT)
        if own == packaged or not is_plain(text):
            # Text from the right is set whole: its pieces would stand in the wrong order.
            yield packaged, text
            return
        covered = _covered(own)
        for has, letters in groupby(text, key=lambda letter: letter.isspace() or ord(letter) in covered):
            yield own if has else packaged, "".join(letters)

    def markup(self, text: str, *, bold: bool = False) -> str:
        """The text for a Paragraph, escaped; line breaks are kept."""
        pieces = list(self.runs(text, bold=bold))
        first = self.bold if bold else self.regular
        return "".join(
            _escaped(run) if font == first else f'<font name="{font}">{_escaped(run)}</font>' for font, run in pieces
        )

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """The width of one line, in points."""
        return sum(stringWidth(run, font, size) for font, run in self.runs(text, bold=bold))

    def is_of_one_font(self, text: str) -> bool:
        """Whether the regular font alone can show a text."""
        return self.regular == REGULAR_FONT or all(ord(letter) in _covered(self.regular) for letter in text)


def letters_of(branding: Branding) -> Letters:
    """The fonts of a brand, registered with ReportLab."""
    register_fonts()
    regular = _registered(branding.font_regular) if branding.font_regular else REGULAR_FONT
    bold = _registered(branding.font_bold) if branding.font_bold else BOLD_FONT
    return Letters(regular, bold)


def font_folders() -> tuple[Path, ...]:
    """Where the packaged fonts lie, for those who draw pictures."""
    return Path(str(files("manimgx_fonts"))), Path(str(files("justmytype_intl_cjk"))) / "fonts/ofl/notosanssc"


def _registered(file: Path) -> str:
    name = f"Brand-{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
    if name not in getRegisteredFontNames():
        registerFont(TTFont(name, str(file)))
    return name


@cache
def _covered(font: str) -> frozenset[int]:
    return frozenset(cast(TTFont, getFont(font)).face.charToGlyph)


def _escaped(text: str) -> str:
    return escape(text).replace("\n", "<br/>")
