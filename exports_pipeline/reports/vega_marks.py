"""The layers of a chart: its lines, bars, intervals, shares or slices."""

from typing import Any

from exports_pipeline.core.report import Chart, Kind, Mark
from exports_pipeline.reports.plot import Plot
from exports_pipeline.reports.theme import DASHES, MUTED
from exports_pipeline.reports.vega_pie import pie_layers

FEW_DAYS = 6
"""Up to so many days are named one by one."""
FEW = 12
"""Up to so many bars carry their values."""
ROOM_ABOVE = 1.08
"""How far a scale goes on for the value above the highest bar."""
_FORMATS = {Kind.PERCENT: ",.1~%", Kind.INTEGER: ",~d"}

Layer = dict[str, Any]


def layers(plot: Plot, *, lies: bool) -> list[Layer]:
    """The layers of a Vega-Lite specification, from back to front."""
    match plot.chart.mark:
        case Mark.LINE:
            return _lines(plot)
        case Mark.INTERVAL:
            return _intervals(plot)
        case Mark.PIE:
            return pie_layers()
        case Mark.SHARE if len(plot.chart.series) > 1:
            return _bars(plot, lies=lies, stack="normalize")
        case Mark.STACKED_BAR:
            return _bars(plot, lies=lies, stack="zero")
        case _:
            return _bars(plot, lies=lies, stack=None)


def _lines(plot: Plot) -> list[Layer]:
    place = {"x": _along(plot, lies=False), "y": _value(plot.chart, zero=not _is_far_from_zero(plot))}
    count = len(plot.chart.series)
    dash = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": list(range(count)), "range": [list(DASHES[i % len(DASHES)]) for i in range(count)]},
        **({} if count > 1 else {"legend": None}),  # of several, that of the colours shows the dashes as well
    }
    line = {"mark": {"type": "line", "invalid": "break-paths-show-domains"}, "encoding": {**place, "strokeDash": dash}}
    points: Layer = {"mark": {"type": "point", "filled": True, "size": 28, "opacity": 1}, "encoding": place}
    if len(plot.categories) <= 2 * FEW:
        return [line, points]
    points["transform"] = [{"filter": "datum.alone"}]
    return [line, points] if plot.lone else [line]  # Vega complains of points without any


def _bars(plot: Plot, *, lies: bool, stack: str | None) -> list[Layer]:
    chart = plot.chart
    value = {**_value(chart, zero=True), "stack": stack}
    if stack == "normalize":
        value["axis"] = {"format": ".0%", "title": None, "tickCount": 5}
    side_by_side = stack is None and len(chart.series) > 1
    place: Layer = {"y" if lies else "x": _along(plot, lies=lies), "x" if lies else "y": value}
    if side_by_side:
        place["yOffset" if lies else "xOffset"] = {"field": "series", "type": "nominal"}
    edge = {"stroke": "white", "strokeWidth": 0.5} if stack else {}
    bars: Layer = {"mark": {"type": "bar", "cornerRadiusEnd": 0 if stack else 1.5, **edge}, "encoding": place}
    bars["encoding"]["order"] = {"field": "series", "type": "quantitative"}
    if stack or (len(plot.categories) * len(chart.series) > FEW and chart.mark is not Mark.SHARE):
        return [bars]
    if not lies:
        top = max(number for series in plot.values for number in series if number is not None)
        value["scale"] |= {"domainMax": top * ROOM_ABOVE} if top > 0 else {}
    else:
        # The values stand on the bars, so the axis need not say them again.
        value["axis"] |= {"labels": False, "grid": False}
    aside = {"align": "left", "dx": 4} if lies else {"baseline": "bottom", "dy": -3}
    labels = {
        "mark": {"type": "text", **aside},
        "encoding": {**place, "text": {"field": "label"}, "color": {"value": MUTED}},
    }
    return [bars, labels]


def _intervals(plot: Plot) -> list[Layer]:
    """A dot and its whiskers; with a line at zero if the intervals reach it."""
    ends = [end for side in (plot.low, plot.high, plot.values) for ends in side for end in ends if end is not None]
    place: Layer = {"y": _along(plot, lies=True)}
    if len(plot.chart.series) > 1:
        place["yOffset"] = {"field": "series", "type": "nominal"}
    value = {"x": _value(plot.chart, zero=False)}
    whisker: Layer = {
        "mark": {"type": "rule", "strokeWidth": 2},
        "transform": [{"filter": "isValid(datum.low) && isValid(datum.high)"}],
        "encoding": {**place, "x": {**value["x"], "field": "low"}, "x2": {"field": "high"}},
    }
    dot: Layer = {"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1}, "encoding": {**place, **value}}
    zero: Layer = {
        "mark": {"type": "rule", "strokeDash": [3, 3], "color": MUTED},
        "encoding": {"x": {"datum": 0}, "color": {"value": MUTED}},
    }
    return [zero, whisker, dot] if min(ends) <= 0 <= max(ends) else [whisker, dot]


def _along(plot: Plot, *, lies: bool) -> Layer:
    """The axis of the categories."""
    title = plot.chart.x_title or None
    if plot.has_days and plot.chart.mark is Mark.LINE and len(plot.categories) > FEW_DAYS:
        axis = {"title": title, "grid": False, "labelOverlap": True, "labelFlush": True, "tickCount": 6}
        return {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}
    axis = {
        "title": title,
        "labelExpr": "names[datum.value]",
        "labelAngle": 0,
        "labelOverlap": "greedy",
        "labelSeparation": 0 if lies else 6,
        "grid": False,
        "domain": not lies,
    }
    scale: Layer = {"domain": list(range(len(plot.categories)))}
    if not lies and plot.chart.mark is not Mark.LINE:
        scale |= {"paddingInner": 0.25, "paddingOuter": 0.25}
    return {"field": "category", "type": "ordinal", "sort": None, "scale": scale, "axis": axis}


def _value(chart: Chart, *, zero: bool) -> Layer:
    axis: Layer = {
        "title": _title(chart),
        "format": _FORMATS.get(chart.kind, ",.10~f"),
        "tickCount": 5,
        "domain": False,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
    }
    if chart.kind is Kind.INTEGER:
        axis["tickMinStep"] = 1  # half a thing would be written as a whole one
    return {"field": "value", "type": "quantitative", "scale": {"zero": zero, "nice": True}, "axis": axis}


def _title(chart: Chart) -> str | None:
    return f"{chart.y_title} ({chart.unit})" if chart.y_title and chart.unit else chart.y_title or chart.unit or None


def _is_far_from_zero(plot: Plot) -> bool:
    """Whether a scale from zero would press the lines into its upper half."""
    values = [value for series in plot.values for value in series if value is not None]
    return 0 < max(values) / 2 < min(values) < max(values)
