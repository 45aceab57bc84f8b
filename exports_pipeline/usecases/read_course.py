"""Read how exports went over a range of days: totals, series and storage at once, since a page shows all of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from exports_pipeline.core.insights import Facet, Openings, Tally
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.time_spans import Days, Granularity, Span
from exports_pipeline.usecases.read_insights import Bar, Column, Overview, Storage, last_month, storage_of

Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Course:
    """What `read_overview`, `read_series` and `read_storage` tell."""

    overview: Overview
    bars: Sequence[Column]
    """With the values of a facet as their parts."""
    points: Sequence[Column]
    """The same where they are as long."""
    storage: Storage


def read_course(
    jobs: JobFilter,
    days: Days,
    by: Facet,
    *,
    bars: Granularity,
    points: Granularity,
    limit: int,
    ports: ExportPorts,
) -> Course:
    """The course of the exports, with the most frequent values of a facet: five questions in place of eleven.

    Raises:
        InvalidDateRange: the range is too long for spans so short.
    """
    span, month, now = days.span, last_month(ports.clock()), ports.clock()
    of_bars = days.spans(bars)
    of_points = of_bars if points is bars else days.spans(points)
    asked = [*of_bars, *(of_points if points is not bars else ()), month]
    tallies = [Tally()] * len(asked)
    for each in ports.insights.count(jobs, asked):
        tallies[each.span] = each.tally
    opened = ports.insights.openings(jobs, [span, month])
    drawn = _with_parts(_columns(of_bars, tallies), jobs, by, limit, ports)
    return Course(
        overview=Overview(
            tally=sum(tallies[: len(of_bars)], Tally()),
            seconds=ports.insights.seconds(jobs, span),
            openings=sum(each.openings for each in _in(0, opened)),
        ),
        bars=drawn,
        points=drawn if points is bars else _columns(of_points, tallies[len(of_bars) :]),
        storage=storage_of(ports.insights.stored(jobs, now=now), tallies[-1], _in(1, opened), ports.prices),
    )


def _columns(spans: Sequence[Span], tallies: Sequence[Tally]) -> list[Column]:
    return [Column(span=span, tally=tally) for span, tally in zip(spans, tallies, strict=False)]


def _with_parts(columns: Sequence[Column], jobs: JobFilter, by: Facet, limit: int, ports: ExportPorts) -> list[Column]:
    """The columns with the most frequent values: those of all columns are told by those of each."""
    parts = {(each.span, each.key): each.tally for each in ports.insights.count(jobs, [c.span for c in columns], [by])}
    whole: dict[Key, Tally] = defaultdict(Tally)
    for (_, key), tally in parts.items():
        whole[key] += tally
    shown = sorted(whole, key=lambda key: (-whole[key].jobs, key))[:limit]
    return [
        replace(column, parts=tuple(Bar(key=key, tally=parts.get((place, key), Tally())) for key in shown))
        for place, column in enumerate(columns)
    ]


def _in(place: int, opened: Sequence[Openings]) -> list[Openings]:
    return [each for each in opened if each.span == place]
