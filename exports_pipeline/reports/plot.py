"""What a chart draws, made ready: numbers that are numbers, names in words, and the way the bars lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property

from exports_pipeline.core.report import Chart, Mark, Value
from exports_pipeline.reports.labels import longest_word_px, width_px_of
from exports_pipeline.reports.values import is_missing, shown_categories
from exports_pipeline.reports.words import Words

LARGEST, SMALLEST = 1e100, 1e-100
"""Numbers beyond have no scale that holds them."""
MOST_LINES_BELOW = 3
"""Lines of a category's name under a standing bar."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A chart with as many values in each series as there are categories; None where there is none."""

    chart: Chart
    categories: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    """By series, then category."""
    low: tuple[tuple[float | None, ...], ...]
    high: tuple[tuple[float | None, ...], ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        if self.chart.mark is Mark.PIE:
            return not any(value is not None and value > 0 for value in self.values[0])
        return all(value is None for values in self.values for value in values)

    @cached_property
    def lone(self) -> frozenset[tuple[int, int]]:
        """Series and category of the values that a line cannot lead to, since none stand beside them."""
        if self.chart.mark is not Mark.LINE:
            return frozenset()
        return frozenset(
            (j, i)
            for j, values in enumerate(self.values)
            for i, value in enumerate(values)
            if value is not None and all(each is None for each in (*values[i - 1 : i], *values[i + 1 : i + 2]))
        )

    @cached_property
    def has_days(self) -> bool:
        """Whether the categories are days or times."""
        return bool(self.chart.categories) and all(isinstance(name, date) for name in self.chart.categories)

    def lies(self, width_px: float) -> bool:
        """Whether the categories stand one below the other, because side by side their names would not fit."""
        if self.chart.mark in {Mark.INTERVAL, Mark.SHARE}:
            return True
        if self.has_days or self.chart.mark in {Mark.LINE, Mark.PIE}:
            return False
        step = width_px / max(len(self.categories), 1) - 6
        return any(
            longest_word_px(name) > step or width_px_of(name) > step * (MOST_LINES_BELOW - 0.5)
            for name in self.categories
        )


def plot_of(chart: Chart, words: Words) -> Plot:
    """A chart made ready to be drawn."""
    count = len(chart.categories)
    return Plot(
        chart=chart,
        categories=tuple(shown_categories(chart.categories, words)),
        values=tuple(_floats(series.values, count) for series in chart.series),
        low=tuple(_floats(series.low, count) for series in chart.series),
        high=tuple(_floats(series.high, count) for series in chart.series),
    )


def milliseconds(day: date) -> float:
    """A day or a time as JavaScript counts it, what the clock showed taken for UTC."""
    moment = day if isinstance(day, datetime) else datetime.combine(day, time())
    return moment.replace(tzinfo=UTC).timestamp() * 1000


def _floats(values: Sequence[Value], count: int) -> tuple[float | None, ...]:
    numbers = [None if is_missing(value) or isinstance(value, str | date) else _float(value) for value in values]
    return (*numbers[:count], *[None] * (count - len(numbers)))


def _float(value: Value) -> float | None:
    number = float(value)  # type: ignore[arg-type]  # dates, texts and None are gone
    if abs(number) > LARGEST:
        return None
    return number if abs(number) > SMALLEST else 0.0
