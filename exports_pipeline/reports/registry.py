"""The renderer of each format."""

from pathlib import Path

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.formats import REPORT_FORMATS, Format
from exports_pipeline.core.refusals import UnknownFormat
from exports_pipeline.core.report import Report
from exports_pipeline.reports.html_page import write_html
from exports_pipeline.reports.legible import legible
from exports_pipeline.reports.pdf_document import write_pdf
from exports_pipeline.reports.xlsx_book import write_xlsx


def render(report: Report, *, file_format: Format, branding: Branding, path: Path) -> None:
    """Write the report into a file.

    Raises:
        UnknownFormat: a report is not written as this.
    """
    report = legible(report)
    match file_format:
        case Format.PDF:
            write_pdf(report, branding, path)
        case Format.XLSX:
            write_xlsx(report, branding, path)
        case Format.HTML:
            write_html(report, branding, path)
        case _:
            known = ", ".join(REPORT_FORMATS)
            raise UnknownFormat(f"A report is not written as {file_format}; choose one of {known}.", field="format")
