"""Report -> HTML: one page that needs nothing but itself."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Chart, KeyFigures, Report, Section, Table, Text
from exports_pipeline.reports import theme
from exports_pipeline.reports.charts import chart_svg
from exports_pipeline.reports.html_parts import card_of, data_of, data_uri, grid_of, paragraphs_of
from exports_pipeline.reports.html_picture import inline_svg
from exports_pipeline.reports.words import Words, is_right_to_left, words_of

_TEMPLATES = Path(__file__).parent / "templates_html"


def write_html(report: Report, branding: Branding, path: Path) -> None:
    """Write the report as a page."""
    path.write_text(html_page(report, branding), encoding="utf-8")


def html_page(report: Report, branding: Branding) -> str:
    """The report as a page without scripts and without anything from elsewhere."""
    words = words_of(report.language)
    parts = [_part(section, branding, words) for section in report.sections]
    return environment().get_template("page.html").render(**setting(report, branding, words), parts=parts)


def setting(report: Report, branding: Branding, words: Words) -> dict[str, Any]:
    """What all templates know."""
    return {
        "report": report,
        "brand": branding,
        "words": words,
        "theme": theme,
        "fonts": Markup(theme.fonts_of(branding)),  # noqa: S704 - checked to be plain names
        "logo": data_uri(branding.logo) if branding.logo else "",
        "direction": "rtl" if is_right_to_left(report.language) else "ltr",
    }


@cache
def environment() -> Environment:
    """The templates, in which every text is escaped."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _part(section: Section, branding: Branding, words: Words) -> dict[str, Any]:
    part: dict[str, Any] = {"kind": type(section).__name__, "heading": section.heading}
    match section:
        case Text():
            background, edge = theme.TONES[section.tone]
            return part | {"paragraphs": paragraphs_of(section), "tone": section.tone, "fill": background, "edge": edge}
        case KeyFigures():
            return part | {"cards": [card_of(figure, words) for figure in section.figures]}
        case Table():
            return part | {"grid": grid_of(section, words), "note": section.note, "is_form": section.is_form}
        case Chart():
            svg = chart_svg(section, branding=branding, words=words)
            if svg is None:
                return part | {"svg": ""}
            drawing = Markup(inline_svg(svg, alt=section.description))  # noqa: S704 - serialised XML, all texts escaped
            return part | {"svg": drawing, "grid": data_of(section, words)}
