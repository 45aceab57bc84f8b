"""The one theme of all documents: colours that the colour-blind tell apart, sizes, spacing."""

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Better, Tone

PALETTE = ("#0072B2", "#E69F00", "#2E343B", "#009E73", "#56B4E9", "#D55E00", "#F0E442", "#CC79A7")
"""Okabe and Ito, "Color Universal Design" (2008), with a dark grey for their black.

In this order neighbours differ by at least 10 in CIE lightness, and the first three by 20, so that they differ in grey.
"""
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))
"""Lines differ by these too."""

INK = "#1F2933"
MUTED = "#5A6572"
RULE = "#D5DAE0"
PANEL = "#F4F6F8"
GOOD = "#00694A"
BAD = "#A33C00"
"""Darker relatives of bluish green and vermilion: at least 4.5:1 on white (WCAG 2.2, 1.4.3)."""
TONES = {Tone.PLAIN: ("#FFFFFF", INK), Tone.GOOD: ("#E8F4EF", GOOD), Tone.WARNING: ("#FCF0E6", BAD)}
"""Background and edge of a text."""

TITLE_PT = 21.0
HEADING_PT = 12.5
BODY_PT = 9.5
SMALL_PT = 8.0
FIGURE_PT = 18.0
SPACE_PT = 8.0
MARGIN_PT = 48.0

SANS = "Noto Sans, Segoe UI, Helvetica Neue, Arial, sans-serif"


def palette_of(branding: Branding, count: int) -> tuple[str, ...]:
    """A colour for each of `count` series, from the start again when they run out."""
    colours = branding.palette or PALETTE
    return tuple(colours[i % len(colours)] for i in range(count))


def colour_of_change(change: float | None, better: Better) -> str:
    """Whether a change is welcome, as a colour; the arrow says the direction."""
    if not change or better is Better.NEITHER:
        return MUTED
    return GOOD if (change > 0) == (better is Better.UP) else BAD


def fonts_of(branding: Branding) -> str:
    """The families of a page or a chart, in CSS; a name that is no plain name is left out.

    vl-convert ends the whole process when it meets a list of families that it cannot parse.
    """
    name = branding.font_name
    is_plain = name.isascii() and name[:1].isalpha() and all(letter.isalnum() or letter in " -" for letter in name)
    return f"'{name}', {SANS}" if is_plain else SANS
