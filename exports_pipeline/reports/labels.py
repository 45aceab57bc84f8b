"""Breaks the texts of a chart into lines, as its drawing breaks none itself."""

from textwrap import wrap
from unicodedata import east_asian_width

GLYPH_PX = 5.2
"""Width of a common letter at the size of axis labels."""


def broken(text: str, *, width_px: float, most_lines: int = 4) -> list[str]:
    """Lines of a label; what exceeds them ends in an ellipsis: the table beside a chart has the whole."""
    columns = max(4, int(width_px / GLYPH_PX / (width_px_of(text) / GLYPH_PX / max(len(text), 1) or 1)))
    lines = wrap(" ".join(text.split()), columns) or [""]
    return lines if len(lines) <= most_lines else [*lines[: most_lines - 1], lines[most_lines - 1][: columns - 1] + "…"]


def width_px_of(text: str) -> float:
    """About how wide a text is."""
    return GLYPH_PX * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def longest_word_px(text: str) -> float:
    """About how wide the widest word is."""
    return max((width_px_of(word) for word in text.split()), default=0.0)
