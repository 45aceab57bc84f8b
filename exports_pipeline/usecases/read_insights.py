"""Read the insights: what was exported, by whom, for what, whereto, how fast, and what it costs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.insights import Counted, Facet, Openings, SecondsCounts, Stored, Tally
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.s3_prices import MonthlyCost, S3Prices, Usage, monthly_cost
from exports_pipeline.core.time_spans import Days, Granularity, Span
from exports_pipeline.usecases.at_once import both

_MONTH = timedelta(days=30)
_NOTHING = Tally()
_OF_FEW_VALUES = frozenset({Facet.DESTINATION, Facet.FORMAT, Facet.STATUS, Facet.TYPE})
"""Facets of which all values are counted at once, without asking first which of them have the most jobs."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The jobs of one value of each facet."""

    key: tuple[str, ...]
    tally: Tally


@dataclass(frozen=True, kw_only=True)
class Bars:
    """The bars with the most jobs, the longest first."""

    bars: tuple[Bar, ...]
    left_out: int
    """How many shorter ones there are."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One span of a series, and what it consists of."""

    span: Span
    tally: Tally
    parts: tuple[Bar, ...] = ()
    """The same keys in every column, in the same order."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A range of days in one look."""

    tally: Tally
    seconds: SecondsCounts | None
    openings: int


@dataclass(frozen=True, kw_only=True)
class OpenedIn:
    """The openings of one span."""

    span: Span
    openings: int = 0
    bytes: int = 0
    by_channel: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Storage:
    """What is stored now, what happened in the last thirty days, and what a month like these costs."""

    stored: tuple[Stored, ...]
    usage: Usage
    cost: MonthlyCost


def jobs_for(requester: Requester, wanted: JobFilter) -> JobFilter:
    """The jobs that a requester may count: their own, or everybody's for those who may see the insights of all.

    Raises:
        NotAllowed: the jobs of somebody else are asked for.
    """
    if requester.views_insights:
        return wanted
    if wanted.user_id not in {None, requester.user_id}:
        raise NotAllowed("Only those with VIEW_INSIGHTS_ALL see the insights of others; leave `user` out.")
    return replace(wanted, user_id=requester.user_id)


def read_overview(jobs: JobFilter, days: Days, *, ports: ExportPorts) -> Overview:
    """Totals of a range of days."""
    return Overview(
        tally=_total(jobs, [days.span], ports),
        seconds=ports.insights.seconds(jobs, days.span),
        openings=sum(each.openings for each in ports.insights.openings(jobs, [days.span])),
    )


def read_bars(jobs: JobFilter, days: Days, by: Sequence[Facet], *, limit: int, ports: ExportPorts) -> Bars:
    """The jobs of a range of days by the values of facets."""
    found, left_out = ports.insights.longest(jobs, days.span, by, limit=limit)
    return Bars(bars=tuple(Bar(key=each.key, tally=each.tally) for each in found), left_out=left_out)


def read_series(
    jobs: JobFilter, days: Days, granularity: Granularity, by: Facet | None, *, limit: int, ports: ExportPorts
) -> tuple[list[Column], int]:
    """The jobs of each span, those of none included, and how many values of the facet are left out of its parts.

    Raises:
        InvalidDateRange: the range is too long for spans so short.
    """
    spans = days.spans(granularity)
    (longest, apart), counted = both(  # what takes longer is asked first
        partial(_apart, jobs, days, spans, by, limit=limit, ports=ports), partial(ports.insights.count, jobs, spans)
    )
    totals = {each.span: each.tally for each in counted}
    parts = {(each.span, each.key): each.tally for each in apart}
    shown = [bar.key for bar in longest.bars]
    columns = [
        Column(
            span=span,
            tally=totals.get(place, _NOTHING),
            parts=tuple(Bar(key=key, tally=parts.get((place, key), _NOTHING)) for key in shown),
        )
        for place, span in enumerate(spans)
    ]
    return columns, longest.left_out


def _apart(
    jobs: JobFilter, days: Days, spans: Sequence[Span], by: Facet | None, *, limit: int, ports: ExportPorts
) -> tuple[Bars, list[Counted]]:
    """The values of a facet with the most jobs in a range, and the jobs of each of them in each span."""
    if not by:
        return Bars(bars=(), left_out=0), []
    if by in _OF_FEW_VALUES:
        apart = ports.insights.count(jobs, spans, [by])
        return _longest_of(apart, limit), apart
    longest = read_bars(jobs, days, [by], limit=limit, ports=ports)
    if not longest.bars:
        return longest, []
    among = [value for bar in longest.bars for value in bar.key] if longest.left_out else None
    return longest, ports.insights.count(jobs, spans, [by], among=among)


def _longest_of(counted: Iterable[Counted], limit: int) -> Bars:
    """What `read_bars` finds, of all that was counted in the spans of a range."""
    found: dict[tuple[str, ...], Tally] = defaultdict(Tally)
    for each in counted:
        found[each.key] += each.tally
    ranked = sorted(found.items(), key=lambda each: (-each[1].jobs, each[0]))
    bars = tuple(Bar(key=key, tally=tally) for key, tally in ranked[:limit])
    return Bars(bars=bars, left_out=len(ranked) - len(bars))


def read_openings(jobs: JobFilter, days: Days, granularity: Granularity, *, ports: ExportPorts) -> list[OpenedIn]:
    """The openings of each span, those of none included.

    Raises:
        InvalidDateRange: the range is too long for spans so short.
    """
    spans = days.spans(granularity)
    found: dict[int, list[Openings]] = defaultdict(list)
    for each in ports.insights.openings(jobs, spans):
        found[each.span].append(each)
    return [
        OpenedIn(
            span=span,
            openings=sum(each.openings for each in found[place]),
            bytes=sum(each.bytes for each in found[place]),
            by_channel={each.channel: each.openings for each in sorted(found[place], key=lambda one: one.channel)},
        )
        for place, span in enumerate(spans)
    ]


def read_largest(jobs: JobFilter, days: Days, *, limit: int, ports: ExportPorts) -> list[ExportJob]:
    """The completed jobs of a range of days with the most rows."""
    return ports.insights.largest(jobs, days.span, limit=limit)


def read_storage(jobs: JobFilter, *, ports: ExportPorts) -> Storage:
    """What is stored now, and what a month like the last thirty days costs."""
    now = ports.clock()
    month = [last_month(now)]
    stored, (tally, opened) = both(
        partial(ports.insights.stored, jobs, now=now),
        lambda: (_total(jobs, month, ports), ports.insights.openings(jobs, month)),
    )
    return storage_of(stored, tally, opened, ports.prices)


def last_month(now: datetime) -> Span:
    """The last thirty days; roll-ups know nothing shorter than a quarter, so they begin at an hour."""
    since = (now - _MONTH).replace(minute=0, second=0, microsecond=0)
    return Span(label="the last thirty days", since=since, until=now)


def storage_of(stored: Iterable[Stored], month: Tally, opened: Sequence[Openings], prices: S3Prices) -> Storage:
    """What is stored, with the cost of a month in which so much ended and was opened."""
    files = tuple(sorted(stored, key=lambda each: (-each.bytes, each.dataset)))
    usage = Usage(
        stored_bytes=sum(each.bytes for each in files),
        uploads=month.completed,
        uploaded_bytes=month.bytes,
        openings=sum(each.openings for each in opened),
        opened_bytes=sum(each.bytes for each in opened),
    )
    return Storage(stored=files, usage=usage, cost=monthly_cost(usage, prices))


def read_names(user_ids: Collection[UUID], *, ports: ExportPorts) -> dict[UUID, str]:
    """What users are called: by their e-mail address, else by their owner key; who is kept out is missing."""
    return {each.user_id: each.email or each.owner_key for each in ports.users.requesters(user_ids).values()}


def _total(jobs: JobFilter, spans: Sequence[Span], ports: ExportPorts) -> Tally:
    return sum((each.tally for each in ports.insights.count(jobs, spans)), Tally())
