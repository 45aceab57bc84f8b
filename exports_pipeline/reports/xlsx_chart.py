"""Native Excel charts, drawn by Excel from cells that stand on a sheet of their own."""

from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from typing import Any

from xlsxwriter.utility import xl_range_abs
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from exports_pipeline.core.report import Chart, Kind, Mark, Value
from exports_pipeline.reports import theme
from exports_pipeline.reports.plot import Plot, plot_of
from exports_pipeline.reports.vega_pie import amounts, is_named
from exports_pipeline.reports.xlsx_cells import Cells

WIDTH_PX = 825
HEIGHT_PX = 300
BAR_PX = 24
TALLEST_PX = 900
MOST_LABELS = 12
MOST_DAYS = 6
"""Days named along an axis."""
_TYPES = {
    Mark.LINE: {"type": "line"},
    Mark.BAR: {"type": "column"},
    Mark.STACKED_BAR: {"type": "column", "subtype": "stacked"},
    Mark.INTERVAL: {"type": "line"},
    Mark.SHARE: {"type": "bar", "subtype": "percent_stacked"},
    Mark.PIE: {"type": "pie"},
}


@dataclass
class ChartData:
    """The sheet of the charts' cells, filled from the top."""

    book: Workbook
    sheet: Worksheet
    cells: Cells
    row: int = 0

    def chart(self, chart: Chart) -> tuple[Any, int] | None:
        """A native chart and its height in pixels; None if it has no data. Its cells are written first."""
        plot = plot_of(chart, self.cells.words)
        if plot.is_empty:
            return None
        first = self._write(plot)
        return self._drawn(plot, first)

    def _write(self, plot: Plot) -> int:
        """Write the cells: categories, then for each series its values and the lengths of its whiskers."""
        self.cells.text(self.sheet, self.row, 0, plot.chart.heading, bold=True)
        header = ["", *(title for series in plot.chart.series for title in self._titles(plot, series.name))]
        for column, title in enumerate(header):
            aligned = {"align": "right" if column else "left", "valign": "bottom", "text_wrap": True}
            self.cells.text(
                self.sheet, self.row + 1, column, title, bold=True, bottom=1, bottom_color=theme.RULE, **aligned
            )
        first = self.row + 2
        kind, unit, digits = _kind(plot.chart)
        for i, category in enumerate(plot.chart.categories):
            self._category(plot, first + i, i, category)
            for j in range(len(plot.chart.series)):
                for k, number in enumerate(self._numbers(plot, i, j)):
                    if number is not None:
                        column = 1 + j * self._step(plot) + k
                        self.cells.write(self.sheet, first + i, column, number, kind, unit=unit, digits=digits)
        self.row = first + len(plot.categories) + 1
        return first

    def _category(self, plot: Plot, row: int, i: int, category: Value) -> None:
        if plot.has_days:
            self.cells.write(self.sheet, row, 0, category, Kind.TEXT)
        else:
            self.cells.text(self.sheet, row, 0, plot.categories[i])

    def _titles(self, plot: Plot, name: str) -> list[str]:
        words = self.cells.words
        whiskers = [f"{name}: {words.low}", f"{name}: {words.high}", "−", "+"]  # noqa: RUF001 - the minus sign is meant
        return [name, *(whiskers if plot.chart.mark is Mark.INTERVAL else [])]

    @staticmethod
    def _step(plot: Plot) -> int:
        return 5 if plot.chart.mark is Mark.INTERVAL else 1

    @staticmethod
    def _numbers(plot: Plot, i: int, j: int) -> list[float | None]:
        value, low, high = plot.values[j][i], plot.low[j][i], plot.high[j][i]
        if plot.chart.mark is not Mark.INTERVAL:
            return [value]
        if value is None or low is None or high is None:
            return [value, low, high, None, None]
        return [value, low, high, value - low, high - value]

    def _drawn(self, plot: Plot, first: int) -> tuple[Any, int]:
        chart, last = plot.chart, first + len(plot.categories) - 1
        lies = plot.lies(WIDTH_PX - 80) and chart.mark is not Mark.INTERVAL
        kind: dict[str, Any] = {**_TYPES[chart.mark], **({"type": "bar"} if lies else {})}
        if chart.mark is Mark.SHARE and len(chart.series) == 1:
            kind = {"type": "bar"}
        native: Any = self.book.add_chart(kind)
        name = self.sheet.get_name()
        shown = chart.series[:1] if chart.mark is Mark.PIE else chart.series
        for j, colour in enumerate(theme.palette_of(self.cells.branding, len(shown))):
            column = 1 + j * self._step(plot)
            native.add_series(
                {
                    "name": [name, first - 1, column],
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, column, last, column],
                    **(self._slices(plot) if chart.mark is Mark.PIE else _look(plot, colour, j, self._number(plot))),
                    **(_whiskers(name, first, last, column, colour) if chart.mark is Mark.INTERVAL else {}),
                }
            )
        height = min(TALLEST_PX, max(HEIGHT_PX, BAR_PX * len(plot.categories) + 90)) if lies else HEIGHT_PX
        self._dress(native, plot, lies=lies, height=height)
        return native, height

    def _slices(self, plot: Plot) -> dict[str, Any]:
        """Slices with names and shares beside them, so that nobody needs the colours."""
        colours = theme.palette_of(self.cells.branding, len(plot.categories))
        font, values = {"size": 9, "color": theme.INK}, amounts(plot)
        return {
            "points": [{"fill": {"color": colour}, "border": {"color": "#FFFFFF", "width": 1.5}} for colour in colours],
            "data_labels": {
                "category": True,
                "percentage": True,
                "separator": "\n",
                "position": "outside_end",
                "leader_lines": True,
                "custom": [None if is_named(value / sum(values)) else {"delete": True} for value in values],
                "num_format": "0.0%",
                "font": font,
            },
        }

    def _number(self, plot: Plot) -> str:
        kind, _, digits = _kind(plot.chart)
        return self.cells.number_format(kind, "", 0 if _is_large(plot) else digits)

    def _dress(self, native: Any, plot: Plot, *, lies: bool, height: int) -> None:
        chart = plot.chart
        font = {"name": self.cells.branding.font_name or "Arial", "size": 9, "color": theme.MUTED, "bold": False}
        share = chart.mark is Mark.SHARE and len(chart.series) > 1
        title = f"{chart.y_title} ({chart.unit})" if chart.y_title and chart.unit else chart.y_title or chart.unit
        number = "0%" if share else self._number(plot)
        names: dict[str, Any] = {"num_font": font, "line": {"color": theme.RULE}, "label_position": "low"}
        values: dict[str, Any] = {
            "num_font": font,
            "num_format": number,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": theme.RULE, "width": 0.5}},
        }
        if chart.x_title:
            names |= {"name": chart.x_title, "name_font": font}
        if title and not share:
            values |= {"name": title, "name_font": font}
        if plot.has_days and chart.mark is Mark.LINE:
            days = [category for category in chart.categories if isinstance(category, date)]
            apart = max(1, (max(days) - min(days)).days // MOST_DAYS)
            names |= {
                "date_axis": True,
                "num_format": self.cells.date_format(),
                "major_unit": apart,
                "major_unit_type": "days",
            }
        elif plot.has_days:
            # On an axis of days, the bars of weeks would be a day wide.
            names |= {"text_axis": True, "num_format": self.cells.date_format()}
        if chart.mark is Mark.INTERVAL:
            values |= _bounds(plot)
        if lies:
            names |= {"reverse": True, "crossing": "max"}
            names, values = values, names
        native.set_x_axis(names)
        native.set_y_axis(values)
        native.set_title({"name": chart.heading, "name_font": font | {"size": 12, "bold": True, "color": theme.INK}})
        has_legend = len(chart.series) > 1 or chart.mark is Mark.PIE
        native.set_legend({"position": "bottom", "font": font} if has_legend else {"none": True})
        native.set_size({"width": WIDTH_PX, "height": height})
        native.set_chartarea({"border": {"none": True}})
        native.show_blanks_as("gap")


def _bounds(plot: Plot) -> dict[str, float]:
    """Ends of the value axis with room for all whiskers; Excel looks at the dots alone."""
    ends = [end for side in (plot.low, plot.high, plot.values) for row in side for end in row if end is not None]
    about = (max(ends) - min(ends)) / 5 or abs(max(ends)) / 5 or 1.0
    power = 10.0 ** floor(log10(about))
    step = next(power * size for size in (1, 2, 5, 10) if power * size >= about)
    return {"min": floor(min(ends) / step) * step, "max": ceil(max(ends) / step) * step, "major_unit": step}


def _is_large(plot: Plot) -> bool:
    return max(abs(value) for values in plot.values for value in values if value is not None) >= 50


def _kind(chart: Chart) -> tuple[Kind, str, int]:
    return chart.kind, chart.unit, {Kind.INTEGER: 0, Kind.MONEY: 0, Kind.PERCENT: 1}.get(chart.kind, 2)


def _look(plot: Plot, colour: str, j: int, number: str) -> dict[str, Any]:
    match plot.chart.mark:
        case Mark.LINE:
            dashes = ("solid", "dash", "round_dot", "dash_dot")
            marker = {"type": "circle", "size": 5, "fill": {"color": colour}, "border": {"color": colour}}
            shown = marker if len(plot.categories) <= 24 else {"type": "none"}
            return {"line": {"color": colour, "width": 2, "dash_type": dashes[j % len(dashes)]}, "marker": shown}
        case Mark.INTERVAL:
            marker = {"type": "circle", "size": 8, "fill": {"color": colour}, "border": {"color": colour}}
            return {"line": {"none": True}, "marker": marker}
        case Mark.BAR | Mark.STACKED_BAR | Mark.SHARE | Mark.PIE:
            count = len(plot.chart.series)
            few = len(plot.categories) * count <= MOST_LABELS
            is_stacked = plot.chart.mark is Mark.STACKED_BAR or (plot.chart.mark is Mark.SHARE and count > 1)
            labels = {"value": True, "font": {"size": 9, "color": theme.MUTED}, "num_format": number}
            labelled = {"data_labels": labels} if few and not is_stacked else {}
            return {"fill": {"color": colour}, "border": {"color": "#FFFFFF", "width": 0.5}, "gap": 60, **labelled}


def _whiskers(name: str, first: int, last: int, column: int, colour: str) -> dict[str, Any]:
    ends = {
        side: [name, first, column + place, last, column + place]
        for side, place in (("minus_values", 3), ("plus_values", 4))
    }
    return {"y_error_bars": {"type": "custom", **_references(ends), "line": {"color": colour, "width": 2}}}


def _references(ends: dict[str, list[Any]]) -> dict[str, str]:
    return {
        side: f"='{name.replace(chr(39), chr(39) * 2)}'!{xl_range_abs(*place)}" for side, (name, *place) in ends.items()
    }
