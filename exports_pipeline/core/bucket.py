"""Buckets of time in any zone, composed of the buckets of UTC that are stored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from exports_pipeline.core.metric import STORED, Granularity
from exports_pipeline.core.refusals import UnknownTimezone

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_LENGTHS = {
    Granularity.MINUTE: _MINUTE,
    Granularity.QUARTER_HOUR: 15 * _MINUTE,
    Granularity.HOUR: _HOUR,
    Granularity.SIX_HOURS: 6 * _HOUR,
    Granularity.DAY: _DAY,
    Granularity.WEEK: 7 * _DAY,
    Granularity.MONTH: 28 * _DAY,
}
"""At least; months differ."""
_BEGINNING = datetime(2000, 1, 3, tzinfo=UTC)
"""A Monday, from which all buckets but months are a whole number of lengths away."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """One stretch of time of a series, `[since, until)` in UTC."""

    start: datetime
    """When it begins by the clock of its zone; of a week or a month also where the series begins later."""
    since: datetime
    until: datetime
    is_whole: bool = True
    """False for a week or a month that the range of the series cuts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Stored buckets of one granularity that follow on one another, `[since, until)` in UTC."""

    granularity: Granularity
    since: datetime
    until: datetime


def buckets_between(first: date, last: date, granularity: Granularity, zone: ZoneInfo) -> Iterator[Bucket]:
    """The buckets from the first day to the last, both inclusive, in order and without gaps.

    An hour is a stretch by the clock: where the clock jumps there is a bucket more or fewer, or a short one.
    """
    day = first
    while day <= last:
        start, after = _period_of(day, granularity)
        end = min(after, last + _DAY)
        since, until = _midnight(day, zone), _midnight(end, zone)
        if granularity is Granularity.HOUR:
            yield from _hours(since, until, zone)
        else:
            is_whole = start == day and end == after
            begins = datetime.combine(start, time(), zone)
            yield Bucket(start=begins, since=since, until=until, is_whole=is_whole)
        day = end


def count_of_buckets(first: date, last: date, granularity: Granularity) -> int:
    """About how many there are, without making them."""
    days = (last - first).days + 1
    return {
        Granularity.MINUTE: days * 1_440,
        Granularity.QUARTER_HOUR: days * 96,
        Granularity.HOUR: days * 24,
        Granularity.SIX_HOURS: days * 4,
        Granularity.DAY: days,
        Granularity.WEEK: days // 7 + 1,
        Granularity.MONTH: days // 28 + 1,
    }[granularity]


def runs_of(buckets: Sequence[Bucket], stored: Sequence[Granularity] = STORED) -> list[Run]:
    """What has to be read for these buckets: the fewest stored ones, none of which lies in two of the buckets.

    `stored` are the granularities there are, the shortest first.

    Raises:
        UnknownTimezone: a bucket begins or ends within a stored one, as those of zones before 1972 may, and hours of
            St. John's until 2011.
    """
    return list(_runs_of(tuple((bucket.since, bucket.until) for bucket in buckets), tuple(stored)))


def count_of_stored(runs: Iterable[Run], *, before: datetime) -> int:
    """How many stored buckets begin in these runs, and before then."""
    count = 0
    for run in runs:
        start = run.since
        while start < min(run.until, before):
            start, count = after(start, run.granularity), count + 1
    return count


@lru_cache(maxsize=128)
def _runs_of(spans: Sequence[tuple[datetime, datetime]], stored: Sequence[Granularity]) -> Sequence[Run]:
    """Remembered, as one page asks several questions about the same time."""
    runs: list[Run] = []
    for since, until in spans:
        for run in _composed(since, until, stored):
            last = runs[-1] if runs else None
            if last and last.granularity is run.granularity and last.until == run.since:
                runs[-1] = Run(granularity=run.granularity, since=last.since, until=run.until)
            else:
                runs.append(run)
    return tuple(runs)


def floor(at: datetime, granularity: Granularity) -> datetime:
    """The beginning of the stored bucket in which an instant of UTC lies."""
    if granularity is Granularity.MONTH:
        return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return at - (at - _BEGINNING) % _LENGTHS[granularity]


def after(start: datetime, granularity: Granularity) -> datetime:
    """When the stored bucket ends that begins then."""
    if granularity is Granularity.MONTH:
        return floor(start + 31 * _DAY, granularity)
    return start + _LENGTHS[granularity]


def _composed(since: datetime, until: datetime, stored: Sequence[Granularity]) -> Iterator[Run]:
    """The longest stored buckets that fit within, and on both sides of them the shorter ones."""
    length = until - since
    if not length:
        return
    for place in range(len(stored) - 1, 0, -1):
        granularity = stored[place]
        if length < _LENGTHS[granularity]:
            continue
        first, last = floor(since, granularity), floor(until, granularity)
        if first < since:
            first = after(first, granularity)
        if first < last:
            yield from _composed(since, first, stored[:place])
            yield Run(granularity=granularity, since=first, until=last)
            yield from _composed(last, until, stored[:place])
            return
    if not floor(since, stored[0]) == since < floor(until, stored[0]) == until:
        raise UnknownTimezone(
            "The clocks of this time zone then stood, or were put, beside the quarters of an hour; ask in UTC.",
            field="timezone",
        )
    yield Run(granularity=stored[0], since=since, until=until)


def _period_of(day: date, granularity: Granularity) -> tuple[date, date]:
    """First day of the period in which a day lies, and the day after its last."""
    if granularity is Granularity.WEEK:
        monday = day - day.weekday() * _DAY
        return monday, monday + 7 * _DAY
    if granularity is Granularity.MONTH:
        first = day.replace(day=1)
        return first, (first + 31 * _DAY).replace(day=1)
    return day, day + _DAY


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins, in UTC: where midnight is left out, when the clock jumps over it; where it is twice, first."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _hours(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Bucket]:
    """The hours of a day by its clock; a bucket ends, too, where the clock jumps."""
    while since < until:
        local = since.astimezone(zone)
        end = min(since + _HOUR - timedelta(minutes=local.minute, seconds=local.second), until)
        if end.astimezone(zone).utcoffset() != local.utcoffset():
            end = _jump(since, end, zone)
        yield Bucket(start=local, since=since, until=end)
        since = end


def _jump(since: datetime, until: datetime, zone: ZoneInfo) -> datetime:
    """The first minute after `since` at which the clock differs from that at `since` by more than what has passed."""
    offset = since.astimezone(zone).utcoffset()
    earliest, latest = 0, (until - since) // _MINUTE
    while latest - earliest > 1:
        middle = (earliest + latest) // 2
        if (since + middle * _MINUTE).astimezone(zone).utcoffset() == offset:
            earliest = middle
        else:
            latest = middle
    return since + latest * _MINUTE
