"""Figures of what happened over time: one line or one colour for each name."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from exports_api.web.figures.figure import Figure, figure_of
from exports_api.web.viewing import Viewing
from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.report import Chart, Kind, Mark, Series

_HEADS = {Granularity.HOUR: "Hour", Granularity.DAY: "Day", Granularity.WEEK: "Week of", Granularity.MONTH: "Month"}
_LONGEST = 60


def over_time(
    heading: str,
    said: str,
    series: Mapping[str, Sequence[int]],
    *,
    buckets: Sequence[Bucket],
    granularity: Granularity,
    view: Viewing,
    mark: Mark = Mark.LINE,
) -> Figure:
    """The figure of some series, each with a value for every bucket."""
    chart = Chart(
        heading=heading,
        description=said,
        mark=mark,
        categories=[_category(bucket, granularity, view) for bucket in buckets],
        series=[Series(name=_short(name), values=values) for name, values in series.items()],
        x_title=_HEADS[granularity],
        kind=Kind.INTEGER,
    )
    return figure_of(chart, view)


def _category(bucket: Bucket, granularity: Granularity, view: Viewing) -> str | date | datetime:
    if granularity is Granularity.MONTH:
        return view.stretch(bucket, granularity)
    return bucket.start if granularity is Granularity.HOUR else bucket.start.date()


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
