"""Chart -> picture: drawn offline by vl-convert, as SVG or PNG."""

from functools import cache

import vl_convert

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Chart
from exports_pipeline.reports.lettering import font_folders
from exports_pipeline.reports.vega import VEGA_LITE, vega_lite
from exports_pipeline.reports.words import Words


def chart_svg(chart: Chart, *, branding: Branding, words: Words) -> str | None:
    """The chart as an SVG document; None if it has no data."""
    specification = vega_lite(chart, branding=branding, words=words)
    if specification is None:
        return None
    _register_fonts()
    return vl_convert.vegalite_to_svg(
        specification,
        vl_version=VEGA_LITE,
        allowed_base_urls=[],  # a picture is drawn from its own data, never from the network
        format_locale=words.locale,
        time_format_locale=words.locale,
    )


def chart_png(chart: Chart, *, branding: Branding, words: Words, scale: float = 2.0) -> bytes | None:
    """The chart as a PNG picture on white, `scale` pixels a point; None if it has no data."""
    svg = chart_svg(chart, branding=branding, words=words)
    return None if svg is None else vl_convert.svg_to_png(svg, scale=scale)


@cache
def _register_fonts() -> None:
    for folder in font_folders():
        vl_convert.register_font_directory(str(folder))
