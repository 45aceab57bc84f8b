"""The two-byte codes by which a document's text names the glyphs of a face."""

import unicodedata
from collections.abc import Iterator
from itertools import chain

from exports_pipeline.writers.fonts.face import Face

_BEYOND = 0x10000
_SURROGATES = 0xD800
_UNSHAPED = ((0x20, 0x590), (0x1E00, 0x2E80), (0x2E80, 0xA000), (0xAC00, 0xD7A4), (0xFF00, 0xFFF0))
"""Where characters stand beside each other as they are: Latin, Greek, Cyrillic, signs, and East Asia."""


class Codes:
    """Codes of one face in one document.

    A character that needs no shaping has its own code point for a code, so that such text is written as UTF-16. Every
    other glyph has, together with its width and the text it stands for, a code of its own: whoever extracts the text
    gets it exactly, whatever the glyph looks like.
    """

    def __init__(self, face: Face) -> None:
        self.face = face
        self.glyphs: dict[int, int] = {}
        """Glyph by code."""
        self.texts: dict[int, str] = {}
        """The text that a code stands for; empty where the glyph before it stands for all."""
        self.widths: dict[int, int] = {}
        """How far each code moves the pen, kerning included."""
        self.plain = PlainWidths(self)
        """Widths of the characters that need no shaping."""
        self._codes: dict[tuple[int, str, int], int] = {}
        self._free: Iterator[int] = chain(range(_SURROGATES, _BEYOND), range(1, _SURROGATES))

    def code(self, glyph: int, text: str, width: int) -> int:
        """The code of a glyph of this width that stands for a text."""
        found = self._codes.get((glyph, text, width))
        if found is None:
            is_itself = len(text) == 1 and glyph == self.face.glyph(text) and width == self.face.width(glyph)
            own = ord(text) if is_itself else _BEYOND
            found = own if own < _BEYOND and own not in self.glyphs else self._next_free()
            self._codes[glyph, text, width] = found
            self.glyphs[found], self.texts[found], self.widths[found] = glyph, text, width
        return found

    def _next_free(self) -> int:
        return next((code for code in self._free if code not in self.glyphs), 0)


class PlainWidths(dict[str, int]):
    """Widths by character, filled as they are asked for; `KeyError` where a character needs more than a look-up."""

    def __init__(self, codes: Codes) -> None:
        super().__init__()
        self._of = codes

    def __missing__(self, char: str) -> int:
        face = self._of.face
        glyph = face.glyph(char)
        width = face.width(glyph)
        if not glyph or not _is_unshaped(char) or self._of.code(glyph, char, width) != ord(char):
            raise KeyError(char)
        self[char] = width
        return width


def _is_unshaped(char: str) -> bool:
    code = ord(char)
    return any(low <= code < high for low, high in _UNSHAPED) and unicodedata.category(char)[0] not in "MC"
