"""Chart -> Vega-Lite specification (https://vega.github.io/vega-lite/docs/spec.html)."""

from math import ceil
from typing import Any

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Chart, Kind, Mark
from exports_pipeline.reports.labels import broken, width_px_of
from exports_pipeline.reports.legible import legible
from exports_pipeline.reports.plot import MOST_LINES_BELOW, Plot, milliseconds, plot_of
from exports_pipeline.reports.theme import INK, MUTED, RULE, fonts_of, palette_of
from exports_pipeline.reports.values import shown
from exports_pipeline.reports.vega_marks import layers
from exports_pipeline.reports.vega_pie import legend_names, pie_colours, slices
from exports_pipeline.reports.words import Words

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA_LITE = "6.4"
"""The version that draws it, in documents as in pages."""
WIDTH_PX = 500
HEIGHT_PX = 205
TALLEST_PX = 600
NAMES_PX = 170
"""Room for the names of categories that stand one below the other."""


def vega_lite(chart: Chart, *, branding: Branding, words: Words) -> dict[str, Any] | None:
    """The specification of a chart; None if it has no data.

    Categories and series are numbers in it and their names stand in `params`, so that equal names stay apart and no
    name can be read as an expression.
    """
    plot = plot_of(legible(chart), words)
    if plot.is_empty:
        return None
    lies = plot.lies(WIDTH_PX - 60)
    is_pie = chart.mark is Mark.PIE
    drawn = layers(plot, lies=lies)
    is_told = any("text" in layer["encoding"] for layer in drawn)
    return {
        "$schema": SCHEMA,
        "width": WIDTH_PX,
        "height": _height(plot) if lies else HEIGHT_PX,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": None,
        "padding": 2,
        "params": [
            {"name": "names", "value": _names(plot, lies)},
            {"name": "slices", "value": legend_names(plot, words) if is_pie else []},
            {"name": "keys", "value": [broken(series.name, width_px=WIDTH_PX - 60) for series in plot.chart.series]},
        ],
        "data": {"values": slices(plot, words) if is_pie else _rows(plot, words, is_told=is_told)},
        "encoding": {"color": pie_colours(plot, branding) if is_pie else _colours(plot, branding)},
        "layer": drawn,
        "config": _config(branding),
    }


def _height(plot: Plot) -> int:
    """Of bars that lie: enough for each, or as much as a page has."""
    side_by_side = len(plot.chart.series) if plot.chart.mark in {Mark.BAR, Mark.INTERVAL} else 1
    lines = max(len(lines) for lines in _names(plot, lies=True))
    step = max(16 * side_by_side + 8, 12 * lines + 8)
    return min(TALLEST_PX, 50 + step * len(plot.categories))


def _names(plot: Plot, lies: bool) -> list[list[str]]:
    if lies:
        return [broken(name, width_px=NAMES_PX) for name in plot.categories]
    width = (WIDTH_PX - 60) / max(len(plot.categories), 1)
    if plot.has_days:
        every = ceil(max(width_px_of(name) + 12 for name in plot.categories) / width)
        return [[name if i % every == 0 else ""] for i, name in enumerate(plot.categories)]
    return [broken(name, width_px=max(width, 40), most_lines=MOST_LINES_BELOW) for name in plot.categories]


def _rows(plot: Plot, words: Words, *, is_told: bool) -> list[dict[str, Any]]:
    """One for each value, with what is written beside it where that is drawn."""
    chart = plot.chart
    total = sum(value for values in plot.values for value in values if value and value > 0)
    rows = []
    for j, series in enumerate(plot.values):
        for i, value in enumerate(series):
            row: dict[str, Any] = {"category": i, "series": j, "value": value}
            if plot.has_days:
                row["at"] = milliseconds(chart.categories[i])  # type: ignore[arg-type]  # has_days says so
            if value is not None:
                row |= {"low": plot.low[j][i], "high": plot.high[j][i]}
                row |= {"label": _label(plot, value, total, words)} if is_told else {}
            row["alone"] = (j, i) in plot.lone
            rows.append(row)
    return rows


def _label(plot: Plot, value: float, total: float, words: Words) -> str:
    chart = plot.chart
    digits = {Kind.PERCENT: 1}.get(chart.kind, 0 if float(value).is_integer() or abs(value) >= 1000 else 2)
    text = shown(value, chart.kind, words=words, unit=chart.unit, digits=digits)
    if chart.mark is Mark.SHARE and chart.kind is not Kind.PERCENT and len(chart.series) == 1 and total:
        return f"{text} ({shown(value / total, Kind.PERCENT, words=words, digits=1)})"
    return text


def _colours(plot: Plot, branding: Branding) -> dict[str, Any]:
    count = len(plot.chart.series)
    widest = max((width_px_of(series.name) for series in plot.chart.series), default=0) + 40
    legend = {
        "orient": "top",
        "direction": "horizontal",
        "columns": max(1, min(count, int(WIDTH_PX / widest))),
        "title": None,
        "labelExpr": "keys[datum.value]",
        "labelLimit": WIDTH_PX,
        "symbolStrokeWidth": 2.5 if plot.chart.mark is Mark.LINE else 0,
        "symbolType": "stroke" if plot.chart.mark is Mark.LINE else "square",
    }
    return {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": list(range(count)), "range": list(palette_of(branding, count))},
        "legend": legend if count > 1 else None,
    }


def _config(branding: Branding) -> dict[str, Any]:
    text = {"labelColor": MUTED, "titleColor": INK, "labelFontSize": 9, "titleFontSize": 9}
    return {
        "font": fonts_of(branding),
        "view": {"stroke": None},
        "axis": {
            **text,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelPadding": 6,
            "labelLineHeight": 12,
            "labelLimit": NAMES_PX + 30,
            "gridColor": RULE,
            "domainColor": RULE,
            "tickColor": RULE,
            "ticks": False,
        },
        "legend": {**text, "labelColor": INK, "columnPadding": 16, "rowPadding": 4, "offset": 10},
        "range": {"ordinal": {"scheme": "greys"}},
        "line": {"strokeWidth": 2, "strokeCap": "round", "strokeJoin": "round"},
        "text": {"fontSize": 9, "color": INK},
        "rule": {"color": MUTED},
    }
