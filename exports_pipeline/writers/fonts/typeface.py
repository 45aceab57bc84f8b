"""The fonts of a document at one weight, and which of them shows which character."""

import unicodedata
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

from exports_pipeline.writers.fonts.face import Face

REGULAR, BOLD = 400, 700

_BY_SCRIPT = (
    "NotoSans",
    "NotoSansArabic",
    "NotoSansHebrew",
    "NotoSansThai",
    "NotoSansDevanagari",
    "NotoSansBengali",
    "NotoSansTamil",
    "NotoSansTelugu",
    "NotoSansGujarati",
    "NotoSansGurmukhi",
    "NotoSansKannada",
    "NotoSansMalayalam",
    "NotoSansOriya",
    "NotoSansSinhala",
    "NotoSansGeorgian",
    "NotoSansArmenian",
    "NotoSansEthiopic",
    "NotoSansKhmer",
    "NotoSansLao",
    "NotoSansMyanmar",
    "NotoSansSymbols",
)
_WORDS = range(len(_BY_SCRIPT) - 1)
"""The faces of scripts with words and marks; not that of symbols."""
_EAST_ASIAN = ("notosanssc/NotoSansSC", "notosansjp/NotoSansJP", "notosanskr/NotoSansKR", "notosanstc/NotoSansTC")
_LAST = ("NotoEmoji",)
_JAPANESE, _KOREAN = "notosansjp/NotoSansJP", "notosanskr/NotoSansKR"


class Typeface:
    """All faces of one weight, the first one being that of Latin, Greek and Cyrillic."""

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self._first: dict[str, int] = {}

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """The faces in the order in which they are asked for a character."""
        return tuple(Face(path, self.weight) for path in _paths())

    def runs(self, text: str) -> list[tuple[int, str]]:
        """A text cut by the face that shows it, as places in `faces`; what no face has stays with the first.

        Marks, punctuation and blanks stay with the script before them where its face has them: words are shaped whole.
        """
        found: list[tuple[int, list[str]]] = []
        for char in text:
            if found and self._stays(char, found[-1][0]):
                found[-1][1].append(char)
                continue
            face = self._face_of(char, text)
            if found and found[-1][0] == face:
                found[-1][1].append(char)
            else:
                found.append((face, [char]))
        return [(face, "".join(chars)) for face, chars in found]

    def _stays(self, char: str, face: int) -> bool:
        kind = unicodedata.category(char)
        if kind in {"Cf", "Cc"} or "\ufe00" <= char <= "\ufe0f":
            return True
        return face in _WORDS and kind[0] in "MPZ" and self.faces[face].glyph(char) != 0

    def _face_of(self, char: str, text: str) -> int:
        """The first face with a character; Han characters are drawn as the language of the text draws them."""
        if "\u2e80" <= char <= "\u9fff" and (face := _language_of(text)) and self.faces[face].glyph(char):
            return face
        found = self._first.get(char)
        if found is None:
            places = (place for place, face in enumerate(self.faces) if face.glyph(char))
            found = self._first[char] = next(places, 0)
        return found


@cache
def typeface(weight: int) -> Typeface:
    """The typeface of a weight, one for the process."""
    return Typeface(weight)


def _language_of(text: str) -> int | None:
    """The place of the Japanese or the Korean face where kana or hangul tell the language."""
    if any("\u3040" <= char <= "\u30ff" for char in text):
        return len(_BY_SCRIPT) + _EAST_ASIAN.index(_JAPANESE)
    if any("\uac00" <= char <= "\ud7a3" for char in text):
        return len(_BY_SCRIPT) + _EAST_ASIAN.index(_KOREAN)
    return None


def _paths() -> list[Path]:
    noto, asian = files("manimgx_fonts"), files("justmytype_intl_cjk") / "fonts/ofl"
    return [
        *(Path(str(noto / f"{name}[wght].ttf")) for name in _BY_SCRIPT),
        *(Path(str(asian / f"{name}[wght].ttf")) for name in _EAST_ASIAN),
        *(Path(str(noto / f"{name}[wght].ttf")) for name in _LAST),
    ]
