"""A chart in a PDF: vector shapes whose texts are set in the document's fonts."""

from io import BytesIO
from typing import Any

from reportlab.graphics.renderPDF import draw
from reportlab.graphics.shapes import Drawing, Group, String
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable
from svglib.svglib import svg2rlg

from exports_pipeline.reports.lettering import Letters


class Picture(Flowable):
    """A drawing as wide as the page, or as high, with a text for those who cannot see it."""

    def __init__(self, svg: str, *, alt: str, letters: Letters) -> None:
        super().__init__()
        self._drawing = drawing_of(svg, letters)
        self._alt = alt
        self._scale = 1.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """The size, in points, within what is available."""
        self._scale = min(available_width / self._drawing.width, available_height / self._drawing.height)
        self.width, self.height = self._drawing.width * self._scale, self._drawing.height * self._scale
        return self.width, self.height

    def draw(self) -> None:
        """Draw as marked content with an alternative description (ISO 32000-1, 14.9.3)."""
        canvas: Any = self.canv
        alt = self._alt.encode("utf-16-be").hex().upper()
        canvas._code.append(f"/Figure <</Alt <FEFF{alt}>>> BDC")  # noqa: SLF001 - reportlab has no public way
        canvas.saveState()
        canvas.scale(self._scale, self._scale)
        draw(self._drawing, canvas, 0, 0)
        canvas.restoreState()
        canvas._code.append("EMC")  # noqa: SLF001 - as above


def drawing_of(svg: str, letters: Letters) -> Drawing:
    """The drawing of an SVG document."""
    drawing = svg2rlg(BytesIO(svg.encode()))
    if drawing is None:
        raise ValueError("the drawing is no SVG")
    _reletter(drawing, letters)
    return drawing


def _reletter(group: Group, letters: Letters) -> None:
    """Put a text in pieces in the place of each text, as one font has not all the letters."""
    for i, shape in enumerate(group.contents):
        if isinstance(shape, Group):
            _reletter(shape, letters)
        elif isinstance(shape, String):
            group.contents[i] = _pieces(shape, letters)


def _pieces(string: String, letters: Letters) -> Group:
    bold = "Bold" in string.fontName
    x = string.x - letters.width(string.text, string.fontSize, bold=bold) * {"middle": 0.5, "end": 1.0}.get(
        string.textAnchor, 0.0
    )
    pieces = Group()
    for font, run in letters.runs(string.text, bold=bold):
        pieces.add(String(x, string.y, run, fontName=font, fontSize=string.fontSize, fillColor=string.fillColor))
        x += stringWidth(run, font, string.fontSize)
    return pieces
