"""Our typefaces as fonts of reportlab: one name a weight, every script, and text in the order in which it is read."""

from typing import Any, cast
from weakref import WeakKeyDictionary

from reportlab.pdfbase import pdfmetrics

from exports_pipeline.writers.fonts.direction import starts_right
from exports_pipeline.writers.fonts.embedding import font_object
from exports_pipeline.writers.fonts.face import EM
from exports_pipeline.writers.fonts.ink import Ink, Line
from exports_pipeline.writers.fonts.typeface import BOLD, REGULAR, Typeface, typeface

REGULAR_FONT, BOLD_FONT = "Exports", "Exports-Bold"
"""The names under which `register_fonts` makes the weights known to reportlab."""


def register_fonts() -> None:
    """Make both weights known to reportlab, canvas and Platypus alike; a second call does nothing.

    Paragraphs get joined Arabic, Hebrew from right to left, and a font for each script by themselves, as long as they
    use these names; only the fine positions of marks are left to `Ink`.
    """
    known = pdfmetrics.getRegisteredFontNames()
    for name, weight in ((REGULAR_FONT, REGULAR), (BOLD_FONT, BOLD)):
        if name not in known:
            pdfmetrics.registerFont(DocumentFont(name, typeface(weight)))
    if REGULAR_FONT not in known:
        pdfmetrics.registerFontFamily(
            REGULAR_FONT, normal=REGULAR_FONT, bold=BOLD_FONT, italic=REGULAR_FONT, boldItalic=BOLD_FONT
        )


def document_font(name: str) -> "DocumentFont":
    """The registered font of a name."""
    register_fonts()
    return cast(DocumentFont, pdfmetrics.getFont(name))


class _Vertical:
    """What reportlab asks a font's face."""

    def __init__(self, name: str, typeface: Typeface) -> None:
        self.name = name
        self.ascent, self.descent = typeface.faces[0].extents


class DocumentFont:
    """A typeface in the shape in which reportlab asks its fonts; the names are reportlab's."""

    _multiByte = 1  # noqa: N815 - reportlab's
    _dynamicFont = 1  # noqa: N815 - reportlab's
    shapable = False
    """Shaping happens in here, whatever a paragraph's style says."""
    substitutionFonts: tuple[()] = ()  # noqa: N815 - reportlab's
    encName = "Identity-H"  # noqa: N815 - reportlab's

    def __init__(self, name: str, typeface: Typeface) -> None:
        self.fontName = name
        self.typeface = typeface
        self.face = _Vertical(name, typeface)
        self.encoding = self
        self.name = "UTF-8"
        self._inks: WeakKeyDictionary[Any, Ink] = WeakKeyDictionary()
        self._numbers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._measure = Ink(typeface)

    def ink(self, document: Any) -> Ink:
        """The codes of a document (`canvas._doc`), made on first use."""
        found = self._inks.get(document)
        if found is None:
            found = self._inks[document] = Ink(self.typeface)
        return found

    def resource(self, face: int, document: Any) -> str:
        """The name of a face in the content of a document's pages, as `/F3+0`."""
        number = self._numbers.get(document)
        if number is None:
            number = self._numbers[document] = len(document.fontMapping) + 1
            document.fontMapping[self.fontName] = f"/F{number}"
            document.delayedFonts.append(self)
        return f"/F{number}+{face}"

    def stringWidth(self, text: str | bytes, size: float, encoding: str = "utf8") -> float:  # noqa: N802 - reportlab's
        """The width of a text in points."""
        return _line(self._measure, text, encoding).width * size / EM

    def splitString(self, text: str | bytes, doc: Any, encoding: str = "utf-8") -> list[tuple[int, bytes]]:  # noqa: N802 - reportlab's
        """The runs of a text, from left to right, as place of the face and codes; marks stand where they fall."""
        line = _line(self.ink(doc), text, encoding)
        return [(face, b"".join(drawn.code.to_bytes(2, "big") for drawn in run)) for face, run in line.runs]

    def getSubsetInternalName(self, subset: int, doc: Any) -> str:  # noqa: N802 - reportlab's
        """As `resource`."""
        return self.resource(subset, doc)

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - reportlab's
        """Add the fonts of the faces that the document used, when it is saved."""
        fonts = doc.idToObject["BasicFonts"].dict
        for place, codes in enumerate(self.ink(doc).codes):
            if codes.glyphs:
                fonts[self.resource(place, doc)[1:]] = doc.Reference(font_object(codes, doc))
        del self._inks[doc], self._numbers[doc]


def _line(ink: Ink, text: str | bytes, encoding: str) -> Line:
    whole = text.decode(encoding) if isinstance(text, bytes) else text
    return ink.line(whole, from_right=starts_right(whole))
