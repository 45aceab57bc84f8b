"""The slices of a pie: each has its name and its share beside it, so that nobody needs the colours."""

from typing import Any

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Kind
from exports_pipeline.reports.labels import broken
from exports_pipeline.reports.plot import Plot
from exports_pipeline.reports.theme import INK, palette_of
from exports_pipeline.reports.values import shown
from exports_pipeline.reports.words import Words

RADIUS_PX = 74
NAME_PX = 96
"""Room for the name of a slice beside it."""
LINE_PX = 11
LEGEND_PX = 150
_LEAST_NAMED = 0.04

Layer = dict[str, Any]


def is_named(share: float) -> bool:
    """Whether a slice has its name beside it; those of small ones would lie on one another, and are in the legend."""
    return share >= _LEAST_NAMED


def amounts(plot: Plot) -> list[float]:
    """What the slices stand for: of the first series, what is above zero."""
    return [max(0.0, value or 0.0) for value in plot.values[0]]


def slices(plot: Plot, words: Words) -> list[dict[str, Any]]:
    """One row for each slice, in the order of the categories from twelve o'clock on."""
    values = amounts(plot)
    whole, before, rows = sum(values), 0.0, []
    for place, (name, value) in enumerate(zip(plot.categories, values, strict=True)):
        if value:
            share = value / whole
            told = [*broken(name, width_px=NAME_PX), shown(share, Kind.PERCENT, words=words, digits=1)]
            beside = told if is_named(share) else []
            align = "left" if before + value / 2 < whole / 2 else "right"
            up = -LINE_PX * (len(beside) - 1) / 2
            rows.append({"category": place, "value": value, "beside": beside, "align": align, "up": up})
            before += value
    return rows


def pie_layers() -> list[Layer]:
    """The slices with white between them, and what is written beside them."""
    angle = {"field": "value", "type": "quantitative", "stack": True}
    order = {"field": "category", "type": "quantitative"}
    arc: Layer = {
        "mark": {"type": "arc", "outerRadius": RADIUS_PX, "stroke": "white", "strokeWidth": 1.5},
        "encoding": {"theta": angle, "order": order},
    }
    text: Layer = {
        "mark": {
            "type": "text",
            "radius": RADIUS_PX + 13,
            "lineHeight": LINE_PX,
            "baseline": "middle",
            "align": {"expr": "datum.align"},
            "dy": {"expr": "datum.up"},
        },
        "encoding": {"theta": angle, "order": order, "text": {"field": "beside"}, "color": {"value": INK}},
    }
    return [arc, text]


def pie_colours(plot: Plot, branding: Branding) -> dict[str, Any]:
    """A colour for each slice, and a legend of their names with their values."""
    count = len(plot.categories)
    return {
        "field": "category",
        "type": "nominal",
        "scale": {"domain": list(range(count)), "range": list(palette_of(branding, count))},
        "legend": {
            "orient": "right",
            "title": None,
            "labelExpr": "slices[datum.value]",
            "labelLimit": LEGEND_PX,
            "symbolType": "square",
            "symbolStrokeWidth": 0,
        },
    }


def legend_names(plot: Plot, words: Words) -> list[list[str]]:
    """Name, value and share of each slice, in lines."""
    chart, values = plot.chart, amounts(plot)
    digits, whole = 0 if chart.kind is Kind.INTEGER else 2, sum(values)
    lines = []
    for name, value in zip(plot.categories, values, strict=True):
        amount = shown(value, chart.kind, words=words, unit=chart.unit, digits=digits)
        share = shown(value / whole, Kind.PERCENT, words=words, digits=1)
        lines.append(broken(f"{name}: {amount} ({share})", width_px=LEGEND_PX))
    return lines
