"""A PDF that is being written: its paper, what it says of itself, and its pages one after the other."""

from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.pdfgen.canvas import Canvas

from exports_pipeline.core.about import About
from exports_pipeline.core.formats import Paper
from exports_pipeline.writers.fonts.document_font import BOLD_FONT, REGULAR_FONT, document_font
from exports_pipeline.writers.pdf_page import Page, Pen

_SIZES = {Paper.A4: landscape(A4), Paper.LETTER: landscape(LETTER)}


class PdfDocument:
    """Pages on one paper; the same pages at the same time give the same bytes."""

    margin = 34.0
    """Points around the table."""

    def __init__(self, path: Path, about: About, *, paper: Paper) -> None:
        self.about = about
        self.width, self.height = _SIZES[paper]
        regular = document_font(REGULAR_FONT)
        canvas: Any = Canvas(
            str(path),
            pagesize=(self.width, self.height),
            pageCompression=1,
            invariant=1,
            initialFontName=REGULAR_FONT,  # type: ignore[arg-type]  # the stubs say float
            lang="en",
            pdfVersion=(1, 7),
        )
        self._canvas = canvas
        self._document = canvas._doc  # noqa: SLF001 - fonts and dates have no other way in
        self._document._timeStamp = _time_stamp(about)  # noqa: SLF001 - as above
        self._weights = {False: regular, True: document_font(BOLD_FONT)}
        self._describe(about)

    def pen(self, size: float, *, bold: bool = False) -> Pen:
        """A font of this document."""
        return Pen(self._weights[bold], self._document, size)

    def add(self, page: Page, *, bookmark: str | None = None) -> None:
        """Append a page, which the bookmark leads to."""
        canvas = self._canvas
        if bookmark is not None:
            key = f"page{canvas.getPageNumber()}"
            canvas.bookmarkPage(key)
            canvas.addOutlineEntry(bookmark, key, 0)
        canvas._code.append(page.content())  # noqa: SLF001 - the operators are ours
        canvas.showPage()

    def save(self) -> None:
        """Write the file."""
        self._canvas.save()

    def _describe(self, about: About) -> None:
        canvas = self._canvas
        narrowed = "; ".join(f"{name}: {value}" for name, value in about.filters)
        canvas.setTitle(about.title)
        canvas.setAuthor(about.requester)
        canvas.setSubject(about.description or f"{about.row_count:,} rows of {about.dataset}")
        canvas.setKeywords(", ".join(filter(None, (about.dataset, str(about.job_id), narrowed))))
        canvas.setCreator("exports")
        canvas.setViewerPreference("DisplayDocTitle", "true")


def _time_stamp(about: About) -> SimpleNamespace:
    """The time of the document, as reportlab writes it down."""
    return SimpleNamespace(YMDhms=about.made_at.astimezone(UTC).timetuple()[:6], dhh=0, dmm=0)
