"""A chart on a page: its Vega-Lite specification, and the table that says the same in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from babel.numbers import get_decimal_symbol, get_group_symbol

from exports_api.web.viewing import Viewing
from exports_pipeline.core.report import Chart, Kind
from exports_pipeline.reports.vega import vega_lite
from exports_pipeline.reports.words import Words, words_of


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What `chart.html` draws: `{% from "chart.html" import chart %}{{ chart(figure) }}`."""

    title: str
    said: str
    """What it shows, in a sentence: for those who do not see it, and below its title."""
    spec: Mapping[str, Any] | None
    """Vega-Lite; None where there is nothing to draw."""
    columns: Sequence[str]
    """Heads of the table: what its rows are, then each series."""
    rows: Sequence[Sequence[str]]
    """The name of each category and its value in each series, as the viewer reads them."""
    links: Sequence[Sequence[str]] = ()
    """As `rows`: where a name and each of its values lead, '' for nowhere. A click on a mark follows its value's."""


def figure_of(chart: Chart, view: Viewing, *, links: Sequence[Sequence[str]] = ()) -> Figure:
    """The figure of a chart as a report has it; `links` as in Figure."""
    return Figure(
        title=chart.heading,
        said=chart.description,
        spec=_specification(chart, view),
        columns=[chart.x_title or "Name", *(series.name or chart.y_title for series in chart.series)],
        rows=[
            [_name(category, view), *(_shown(series.values[place], chart, view) for series in chart.series)]
            for place, category in enumerate(chart.categories)
        ],
        links=links,
    )


def _specification(chart: Chart, view: Viewing) -> dict[str, Any] | None:
    """As the documents have it, without what says nothing, since pages travel."""
    spec = vega_lite(chart, branding=view.branding, words=_words(view))
    if spec is not None:
        spec["data"] = {
            "values": [
                {name: _short(value) for name, value in row.items() if value is not None and value is not False}
                for row in spec["data"]["values"]
            ]
        }
    return spec


def _short(value: object) -> object:
    """A whole number as JavaScript writes it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _words(view: Viewing) -> Words:
    """English, as the page is, with the signs of the viewer's numbers."""
    return replace(words_of("en"), decimal=get_decimal_symbol(view.locale), thousands=get_group_symbol(view.locale))


def _name(category: str | date | datetime, view: Viewing) -> str:
    if isinstance(category, datetime):
        return view.moment(category)
    return view.day(category) if isinstance(category, date) else category


def _shown(value: float | None, chart: Chart, view: Viewing) -> str:
    if chart.kind is Kind.PERCENT:
        return view.percent(value)
    shown = view.number(value if value is None else int(value) if float(value).is_integer() else round(value, 2))
    return f"{shown} {chart.unit}" if chart.unit and value is not None else shown
