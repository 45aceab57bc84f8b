"""Report -> HTML for an e-mail: layout by tables, styles on every element, charts as pictures."""

from dataclasses import dataclass, field
from typing import Any

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Chart, KeyFigures, Kind, Report, Section, Table, Text
from exports_pipeline.reports import theme
from exports_pipeline.reports.charts import chart_png
from exports_pipeline.reports.html_page import environment, setting
from exports_pipeline.reports.html_parts import card_of, data_uri, grid_of, paragraphs_of
from exports_pipeline.reports.legible import legible
from exports_pipeline.reports.values import shown
from exports_pipeline.reports.words import Words, words_of

MOST_ROWS = 25
"""Mail programs cut messages of more than about 100 kB; what is left out is said."""


@dataclass(frozen=True)
class Letter:
    """The body of an e-mail and the pictures that it names as `cid:<key>`."""

    html: str
    pictures: dict[str, bytes] = field(default_factory=dict)


def html_letter(report: Report, branding: Branding, *, embed: bool = False) -> Letter:
    """The report as the body of an e-mail; with `embed` the pictures stand in the body itself.

    Most mail programs show pictures that are parts of the message, and hide those that stand in its body.
    """
    report = legible(report)
    words = words_of(report.language)
    pictures: dict[str, bytes] = {}

    def address(name: str, picture: bytes) -> str:
        if embed:
            return data_uri(picture)
        pictures[name] = picture
        return f"cid:{name}"

    logo = address("logo", branding.logo) if branding.logo else ""
    parts = []
    for place, section in enumerate(report.sections, start=1):
        part = _part(section, words)
        if isinstance(section, Chart):
            picture = chart_png(section, branding=branding, words=words)
            part["source"] = address(f"chart-{place}", picture) if picture else ""
            part["alt"] = section.description
        parts.append(part)
    values = setting(report, branding, words) | {"logo": logo, "parts": parts}
    return Letter(environment().get_template("letter.html").render(**values), pictures)


def _part(section: Section, words: Words) -> dict[str, Any]:
    part: dict[str, Any] = {"kind": type(section).__name__, "heading": section.heading}
    match section:
        case Text():
            background, edge = theme.TONES[section.tone]
            return part | {"paragraphs": paragraphs_of(section), "fill": background, "edge": edge}
        case KeyFigures():
            cards = [card_of(figure, words) for figure in section.figures]
            beside = 2 if len(cards) in {2, 4} else 3
            rows = [cards[start : start + beside] for start in range(0, len(cards), beside)]
            return part | {"rows": rows, "beside": beside}
        case Table():
            return part | {"grid": grid_of(section, words, most_rows=MOST_ROWS), "notes": _notes(section, words)}
        case Chart():
            return part


def _notes(table: Table, words: Words) -> list[str]:
    notes = [table.note] if table.note else []
    if len(table.rows) > MOST_ROWS:
        total = shown(len(table.rows), Kind.INTEGER, words=words)
        notes.append(words.first_rows.format(count=MOST_ROWS, total=total))
    return notes
