"""Buckets of time in any zone, composed of the minutes, hours and days of UTC that are stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from exports_pipeline.core.metric import Granularity

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


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
        Granularity.HOUR: days * 24,
        Granularity.DAY: days,
        Granularity.WEEK: days // 7 + 1,
        Granularity.MONTH: days // 28 + 1,
    }[granularity]


def runs_of(buckets: Sequence[Bucket]) -> list[Run]:
    """What has to be read for these buckets: the fewest stored ones, none of which lies in two of the buckets."""
    runs: list[Run] = []
    for bucket in buckets:
        for run in _composed(bucket.since, bucket.until):
            last = runs[-1] if runs else None
            if last and last.granularity is run.granularity and last.until == run.since:
                runs[-1] = Run(granularity=run.granularity, since=last.since, until=run.until)
            else:
                runs.append(run)
    return runs


def floor(at: datetime, granularity: Granularity) -> datetime:
    """The beginning of the stored bucket in which an instant of UTC lies."""
    at = at.replace(second=0, microsecond=0)
    if granularity is Granularity.MINUTE:
        return at
    return at.replace(minute=0) if granularity is Granularity.HOUR else at.replace(hour=0, minute=0)


def _composed(since: datetime, until: datetime) -> Iterator[Run]:
    inner = _aligned(since, until, Granularity.HOUR, _HOUR)
    if inner is None:
        yield Run(granularity=Granularity.MINUTE, since=since, until=until)
        return
    first_hour, last_hour = inner
    if since < first_hour:
        yield Run(granularity=Granularity.MINUTE, since=since, until=first_hour)
    days = _aligned(first_hour, last_hour, Granularity.DAY, _DAY)
    if days is None:
        yield Run(granularity=Granularity.HOUR, since=first_hour, until=last_hour)
    else:
        if first_hour < days[0]:
            yield Run(granularity=Granularity.HOUR, since=first_hour, until=days[0])
        yield Run(granularity=Granularity.DAY, since=days[0], until=days[1])
        if days[1] < last_hour:
            yield Run(granularity=Granularity.HOUR, since=days[1], until=last_hour)
    if last_hour < until:
        yield Run(granularity=Granularity.MINUTE, since=last_hour, until=until)


def _aligned(
    since: datetime, until: datetime, granularity: Granularity, length: timedelta
) -> tuple[datetime, datetime] | None:
    """The whole stored buckets within; None where there is none."""
    first, last = floor(since, granularity), floor(until, granularity)
    if first < since:
        first += length
    return (first, last) if first < last else None


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
