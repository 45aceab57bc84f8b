"""The frame of every page: brand and header above, footer and page number below, and the document's properties."""

from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from exports_pipeline.core.formats import Paper
from exports_pipeline.core.report import Report
from exports_pipeline.reports import theme
from exports_pipeline.reports.pdf_style import Look

SIZES = {Paper.A4: A4, Paper.LETTER: LETTER}
HEADER_PT = 34.0
FOOTER_PT = 26.0
LOGO_PT = 22.0
GAP_PT = 10.0
NUMBER_PT = 100.0
"""Room of the page number."""
BOOKMARK = "bookmark"
"""The attribute of a paragraph that becomes one."""
PORTRAIT, LANDSCAPE = "portrait", "landscape"


class Document(BaseDocTemplate):
    """A document of upright and lying pages, whose headings become bookmarks."""

    def __init__(self, path: Path, report: Report, look: Look) -> None:
        size = SIZES[look.branding.paper]
        super().__init__(
            str(path),
            pagesize=size,
            title=report.title,
            author=look.branding.name or "exports-service",
            subject=report.subtitle,
            creator="exports-service",
            lang=report.language,
            displayDocTitle=1,
            invariant=0,
        )
        self.addPageTemplates([_template(PORTRAIT, size, look), _template(LANDSCAPE, landscape(size), look)])
        self._headings = 0

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab calls it so
        """Make a bookmark of a heading."""
        heading = getattr(flowable, BOOKMARK, None)
        if heading is None:
            return
        self._headings += 1
        key = f"heading-{self._headings}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(heading, key, level=0, closed=False)


def numbered(look: Look) -> type[Canvas]:
    """A canvas that writes `Page n of m` when m is known."""

    class NumberedCanvas(Canvas):
        """Keeps the pages until the last one is done."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab calls it so
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]  # a private method the stubs leave out

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                text = look.words.page.format(page=number, pages=len(self._pages))
                ends = (theme.MARGIN_PT, page["_pagesize"][0] - theme.MARGIN_PT)
                _line(self, look, text, y=FOOTER_PT, ends=ends, right=not look.rtl)
                super().showPage()
            super().save()

    return NumberedCanvas


def frame_width(look: Look, *, lying: bool = False) -> float:
    """The width that parts of a page have, in points."""
    return SIZES[look.branding.paper][1 if lying else 0] - 2 * theme.MARGIN_PT


def _template(name: str, size: tuple[float, float], look: Look) -> PageTemplate:
    width, height = size
    top, bottom = theme.MARGIN_PT + HEADER_PT, theme.MARGIN_PT + 6
    frame = Frame(
        theme.MARGIN_PT, bottom, width - 2 * theme.MARGIN_PT, height - top - bottom,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    return PageTemplate(
        id=name, frames=[frame], pagesize=size, onPage=lambda canvas, _: _draw_frame(canvas, size, look)
    )


def _draw_frame(canvas: Canvas, size: tuple[float, float], look: Look) -> None:
    canvas.setPageSize(size)
    width, height = size
    y = height - theme.MARGIN_PT - 2
    left = theme.MARGIN_PT
    if look.branding.logo:
        picture = ImageReader(BytesIO(look.branding.logo))
        pixels_wide, pixels_high = picture.getSize()
        wide = min(LOGO_PT * pixels_wide / pixels_high, 160.0)
        high = wide * pixels_high / pixels_wide
        canvas.drawImage(picture, left, y + 4 - high / 2, wide, high, mask="auto")
        left += wide + 10
    right = width - theme.MARGIN_PT
    middle = left + (right - left) * (0.6 if look.branding.header else 1)
    _line(canvas, look, look.branding.name, y=y, ends=(left, middle), bold=True)
    _line(canvas, look, look.branding.header, y=y, ends=(middle + GAP_PT, right), right=True)
    canvas.setStrokeColor(HexColor(look.branding.accent))
    canvas.setLineWidth(1.2)
    canvas.line(theme.MARGIN_PT, y - 12, width - theme.MARGIN_PT, y - 12)
    ends = (theme.MARGIN_PT + NUMBER_PT, right) if look.rtl else (theme.MARGIN_PT, right - NUMBER_PT)
    _line(canvas, look, look.branding.footer, y=FOOTER_PT, ends=ends, right=look.rtl)


def _line(
    canvas: Canvas,
    look: Look,
    text: str,
    *,
    y: float,
    ends: tuple[float, float],
    right: bool = False,
    bold: bool = False,
) -> None:
    """One line of small text between two ends, made smaller if it is longer."""
    if not text:
        return
    left, room = ends[0], ends[1] - ends[0]
    size = theme.SMALL_PT
    width = look.letters.width(text, size, bold=bold)
    if width > room:
        size, width = size * room / width, room
    x = left + room - width if right else left
    canvas.setFillColor(HexColor(theme.INK if bold else theme.MUTED))
    for font, run in look.letters.runs(text, bold=bold):
        canvas.setFont(font, size)
        canvas.drawString(x, y, run)
        x += stringWidth(run, font, size)
