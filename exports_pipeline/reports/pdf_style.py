"""Styles of a PDF report's paragraphs."""

import re
from dataclasses import dataclass
from functools import cached_property

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph

from exports_pipeline.core.branding import Branding
from exports_pipeline.reports import theme
from exports_pipeline.reports.lettering import Letters
from exports_pipeline.reports.words import Words
from exports_pipeline.writers.fonts.direction import starts_right

_EAST_ASIAN = re.compile("[\u2e80-\u9fff\uac00-\ud7a3\uff00-\uffef]")
"""Scripts without blanks, whose lines may end after any letter."""
LEADING = 1.38
"""Height of a line over the size of its letters."""


@dataclass(frozen=True)
class Look:
    """All that the parts of one document are drawn with."""

    branding: Branding
    letters: Letters
    words: Words
    rtl: bool

    def paragraph(
        self,
        text: str,
        size: float = theme.BODY_PT,
        *,
        bold: bool = False,
        colour: str = theme.INK,
        right: bool = False,
    ) -> Paragraph:
        """One paragraph of plain text; line breaks in it are kept."""
        to_right = right is not self.rtl if right else self.rtl or starts_right(text)
        is_asian = _EAST_ASIAN.search(text) is not None
        key = (size, bold, colour, to_right, is_asian)
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = ParagraphStyle(
                "text",
                fontName=self.letters.bold if bold else self.letters.regular,
                fontSize=size,
                leading=size * LEADING,
                textColor=HexColor(colour),
                alignment=TA_RIGHT if to_right else TA_LEFT,
                wordWrap="CJK" if is_asian else None,
            )
        return Paragraph(self.letters.markup(text, bold=bold), style)

    @cached_property
    def _styles(self) -> dict[tuple[float, bool, str, bool, bool], ParagraphStyle]:
        return {}
