"""The parts of a report as texts, ready for a template."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from exports_pipeline.core.report import Chart, Kind, Table, TableColumn, Text
from exports_pipeline.core.report import KeyFigure as Figure
from exports_pipeline.reports import theme
from exports_pipeline.reports.plot import plot_of
from exports_pipeline.reports.values import (
    NUMBERS,
    change_of,
    shown,
    shown_categories,
    shown_change,
    shown_figure,
    shown_previous,
)
from exports_pipeline.reports.words import Words

_PNG = b"\x89PNG"


@dataclass(frozen=True)
class Card:
    """A key figure in words."""

    title: str
    value: str
    change: str
    arrow: str
    direction: str
    """The arrow in a word, for those who hear the page."""
    colour: str
    previous: str
    note: str


@dataclass(frozen=True)
class Head:
    """The header of a column."""

    title: str
    is_number: bool


@dataclass(frozen=True)
class Grid:
    """A table in words."""

    heads: Sequence[Head]
    rows: Sequence[Sequence[str]]


def card_of(figure: Figure, words: Words) -> Card:
    """A key figure in words."""
    change = change_of(figure)
    arrow, direction = ("", "")
    if change:
        arrow, direction = ("▲", words.up) if change > 0 else ("▼", words.down)
    return Card(
        title=figure.title,
        value=shown_figure(figure, words),
        change="" if change is None else shown_change(change, words) if change else words.unchanged,
        arrow=arrow,
        direction=direction,
        colour=theme.colour_of_change(change, figure.better),
        previous=shown_previous(figure, words),
        note=figure.note,
    )


def grid_of(table: Table, words: Words, *, most_rows: int | None = None) -> Grid:
    """A table in words, or its first rows."""
    return Grid(
        heads=[Head(column.title, column.kind in NUMBERS) for column in table.columns],
        rows=[
            [
                shown(value, column.kind, words=words, unit=column.unit, digits=column.digits)
                for column, value in zip(table.columns, [*row, *[None] * len(table.columns)], strict=False)
            ]
            for row in (table.rows if most_rows is None else table.rows[:most_rows])
        ],
    )


def data_of(chart: Chart, words: Words) -> Grid:
    """The numbers of a chart as a table, for those who cannot see it."""
    plot = plot_of(chart, words)
    digits = {Kind.PERCENT: 1}.get(chart.kind, 2)
    columns = [TableColumn(title=chart.x_title)]
    values = []
    for j, series in enumerate(chart.series):
        columns.append(TableColumn(title=series.name, kind=_number(chart), unit=chart.unit, digits=digits))
        values.append(plot.values[j])
        for title, ends in ((words.low, plot.low[j]), (words.high, plot.high[j])):
            if any(end is not None for end in ends):
                columns.append(TableColumn(title=title, kind=_number(chart), unit=chart.unit, digits=digits))
                values.append(ends)
    names = shown_categories(chart.categories, words)
    rows = [[name, *(series[i] for series in values)] for i, name in enumerate(names)]
    return grid_of(Table(columns=columns, rows=rows), words)


def paragraphs_of(text: Text) -> list[str]:
    """The paragraphs of a text."""
    return [paragraph.strip() for paragraph in text.text.split("\n\n") if paragraph.strip()]


def data_uri(picture: bytes) -> str:
    """A PNG or JPEG picture as an address that holds it."""
    kind = "png" if picture.startswith(_PNG) else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def _number(chart: Chart) -> Kind:
    return chart.kind if chart.kind in NUMBERS else Kind.NUMBER
