"""Report -> PDF, set with ReportLab's Platypus."""

from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, NextPageTemplate, PageBreak, Spacer
from reportlab.platypus import Table as Grid

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Chart, KeyFigures, Report, Section, Table, Text
from exports_pipeline.reports import theme
from exports_pipeline.reports.charts import chart_svg
from exports_pipeline.reports.lettering import letters_of
from exports_pipeline.reports.pdf_cards import cards
from exports_pipeline.reports.pdf_page import BOOKMARK, LANDSCAPE, PORTRAIT, Document, frame_width, numbered
from exports_pipeline.reports.pdf_picture import Picture
from exports_pipeline.reports.pdf_style import Look
from exports_pipeline.reports.pdf_table import grids, is_wide
from exports_pipeline.reports.words import is_right_to_left, words_of


def write_pdf(report: Report, branding: Branding, path: Path) -> None:
    """Write the report as a PDF."""
    look = Look(branding, letters_of(branding), words_of(report.language), is_right_to_left(report.language))
    document = Document(path, report, look)
    document.build(_story(report, look), canvasmaker=numbered(look))


def _story(report: Report, look: Look) -> list[Flowable]:
    story: list[Flowable] = [_titled(look.paragraph(report.title, theme.TITLE_PT, bold=True), report.title)]
    if report.subtitle:
        story += [Spacer(0, 3), look.paragraph(report.subtitle, theme.HEADING_PT, colour=theme.MUTED)]
    for line in report.disclosures:
        story += [Spacer(0, 3), look.paragraph(line, theme.SMALL_PT, colour=theme.MUTED)]
    story.append(Spacer(0, 2 * theme.SPACE_PT))
    if not report.sections:
        story.append(look.paragraph(look.words.no_sections, colour=theme.MUTED))
    lying = False
    for section in report.sections:
        wanted = isinstance(section, Table) and is_wide(section, frame_width(look), look)
        story += [*_turned(lying, wanted), *_section(section, look), Spacer(0, 2 * theme.SPACE_PT)]
        lying = wanted
    facts = _facts(report, look)
    return [*story, *(_turned(lying, wanted=False) if facts else []), *facts]


def _turned(lying: bool, wanted: bool) -> list[Flowable]:
    """A page of the other orientation, if that is wanted."""
    return [] if lying is wanted else [NextPageTemplate(LANDSCAPE if wanted else PORTRAIT), PageBreak()]


def _section(section: Section, look: Look) -> list[Flowable]:
    heading = _heading(section.heading, look)
    match section:
        case Text():
            return _text(section, heading, look)
        case KeyFigures():
            rows = cards(list(section.figures), frame_width(look), look)
            return [KeepTogether([*heading, *rows[:1]]), *rows[1:]]
        case Chart():
            svg = chart_svg(section, branding=look.branding, words=look.words)
            if svg is None:
                return [*heading, look.paragraph(look.words.no_data, colour=theme.MUTED)]
            return [KeepTogether([*heading, Picture(svg, alt=section.description, letters=look.letters)])]
        case Table():
            return _table(section, heading, look)


def _text(section: Text, heading: list[Flowable], look: Look) -> list[Flowable]:
    background, edge = theme.TONES[section.tone]
    paragraphs = [look.paragraph(text.strip()) for text in section.text.split("\n\n") if text.strip()]
    if edge == theme.INK:
        spaced = [part for paragraph in paragraphs for part in (paragraph, Spacer(0, 5))]
        return [KeepTogether([*heading, *spaced[:1]]), *spaced[1:]]
    style: list[Any] = [
        ("BACKGROUND", (0, 0), (-1, -1), HexColor(background)),
        ("LINEAFTER" if look.rtl else "LINEBEFORE", (0, 0), (0, -1), 3, HexColor(edge)),
        ("LEFTPADDING", (0, 0), (-1, -1), 12),
        ("RIGHTPADDING", (0, 0), (-1, -1), 12),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
    ]
    cells: list[Any] = [[paragraph] for paragraph in paragraphs] or [[""]]
    box = Grid(cells, colWidths=[frame_width(look)], style=style, splitInRow=1)
    return [*heading, box]


def _table(section: Table, heading: list[Flowable], look: Look) -> list[Flowable]:
    note = [Spacer(0, 4), look.paragraph(section.note, theme.SMALL_PT, colour=theme.MUTED)] if section.note else []
    if not section.columns or not section.rows:
        return [*heading, look.paragraph(look.words.no_rows, colour=theme.MUTED), *note]
    room = frame_width(look, lying=is_wide(section, frame_width(look), look))
    if section.is_form:  # what is signed stands before the lines
        return [PageBreak(), *heading, *note[::-1], *grids(section, room, look)]
    # Room for the heading, the header and two rows, or the table begins on the next page.
    return [CondPageBreak(110), *heading, *grids(section, room, look), *note]


def _facts(report: Report, look: Look) -> list[Flowable]:
    if not report.facts:
        return []
    rows: list[Any] = [
        [look.paragraph(name, theme.SMALL_PT, colour=theme.MUTED), look.paragraph(value, theme.SMALL_PT)]
        for name, value in report.facts
    ]
    width = frame_width(look)
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
    facts = Grid(rows, colWidths=[width * 0.22, width * 0.78], style=style, splitInRow=1)
    return [KeepTogether([*_heading(look.words.about, look), facts])]


def _heading(text: str, look: Look) -> list[Flowable]:
    if not text:
        return []
    return [_titled(look.paragraph(text, theme.HEADING_PT, bold=True), text), Spacer(0, 6)]


def _titled(paragraph: Flowable, title: str) -> Flowable:
    """Mark a paragraph that becomes a bookmark."""
    setattr(paragraph, BOOKMARK, title)
    paragraph.keepWithNext = 1
    return paragraph
