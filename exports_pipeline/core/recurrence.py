"""When a cron expression comes due in a time zone, across the days on which its clocks are put forward or back."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from exports_pipeline.core.cron import Cron
from exports_pipeline.core.refusals import InvalidCron

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_FAR = timedelta(days=366 * 41)
"""29 February that is also a given weekday comes at least so often."""
_LAST_DAY = date(9999, 12, 30)


def windows(cron: Cron, zone: ZoneInfo, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """The instants in UTC, in order, at which the expression comes due in `(after, until]`.

    A time that the clocks of the zone skip comes due at the first instant after the gap, and together with others at
    that instant once; a time that they show twice comes due the first time. An expression that leaves out no hour
    follows the time that passes: it comes due in both of two equal hours.
    """
    last = after
    day = max(after.astimezone(zone).date() - _DAY, date.min)  # a gap may be a whole day
    while (found := _next_day(cron, day)) is not None:
        if datetime.combine(found, time.min, UTC) - _DAY > until:
            return
        for due_at in _instants(cron, zone, found, after=last):
            if due_at > until:
                return
            if due_at > last:
                last = due_at
                yield due_at
        day = found + _DAY


def next_window(cron: Cron, zone: ZoneInfo, *, after: datetime) -> datetime | None:
    """The first instant after another at which the expression comes due; None where the calendar ends before."""
    return next(windows(cron, zone, after=after, until=after + _FAR), None)


def least_gap(cron: Cron) -> timedelta:
    """The shortest time between two windows, by an ordinary clock and if no day is left out."""
    times = cron.minutes_of_day
    return min(later - earlier for earlier, later in pairwise((*times, times[0] + 24 * 60))) * _MINUTE


def check_least_interval(cron: Cron, *, since: date, least: timedelta) -> None:
    """Let pass an expression whose windows are far enough apart, by an ordinary clock; of days, 400 are looked at.

    Raises:
        InvalidCron: two of them are closer than that.
    """
    times = cron.minutes_of_day
    pairs = list(pairwise((*times, times[0] + 24 * 60) if _has_days_in_a_row(cron, since) else times))
    earlier, later = min(pairs, key=lambda pair: pair[1] - pair[0], default=(0, 24 * 60))
    if (later - earlier) * _MINUTE < least:
        raise InvalidCron(
            f"It comes due at {_clock(earlier)} and again at {_clock(later)}; "
            f"the least interval here is {least / _MINUTE:g} minutes.",
            field="cron",
        )


def preview(cron: Cron, zone: ZoneInfo, *, after: datetime, count: int) -> list[datetime]:
    """The next instants at which the expression comes due, in UTC."""
    return list(islice(windows(cron, zone, after=after, until=min(after + _FAR, _end_of_time())), count))


@lru_cache(maxsize=4096)
def is_clock_change(zone: ZoneInfo, day: date) -> bool:
    """Whether the clocks of the zone are put forward or back on that day."""
    return _offset(zone, day) != _offset(zone, day + _DAY)


def _end_of_time() -> datetime:
    return datetime.combine(_LAST_DAY, time.min, UTC)


def _has_days_in_a_row(cron: Cron, since: date) -> bool:
    day = _next_day(cron, since)
    while day is not None and day < since + 400 * _DAY:
        following = _next_day(cron, day + _DAY)
        if following == day + _DAY:
            return True
        day = following
    return False


def _clock(minute_of_day: int) -> str:
    return "{:02}:{:02}".format(*divmod(minute_of_day % (24 * 60), 60))


def _next_day(cron: Cron, day: date) -> date | None:
    """The first day, from one on, that suits the expression."""
    while day <= _LAST_DAY:
        if day.month not in cron.months:
            if (day.year, day.month) == (9999, 12):
                return None
            day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
            continue
        suits_day, suits_weekday = day.day in cron.days, day.isoweekday() % 7 in cron.weekdays
        if (suits_day and suits_weekday) if cron.needs_both_days else (suits_day or suits_weekday):
            return day
        day += _DAY
    return None


def _instants(cron: Cron, zone: ZoneInfo, day: date, *, after: datetime) -> Iterator[datetime]:
    """The instants of one local day, in order; of an ordinary day those after `after` only."""
    if is_clock_change(zone, day):
        local = (datetime.combine(day, time(*divmod(minute, 60)), zone) for minute in cron.minutes_of_day)
        yield from sorted({instant for each in local for instant in _real(each, twice=cron.is_every_hour)})
        return
    midnight = datetime.combine(day, time.min, UTC) - _offset(zone, day)
    for minute in cron.minutes_of_day[bisect_right(cron.minutes_of_day, (after - midnight) / _MINUTE) :]:
        yield midnight + timedelta(minutes=minute)


@lru_cache(maxsize=16384)
def _offset(zone: ZoneInfo, day: date) -> timedelta:
    return datetime.combine(day, time.min, zone).utcoffset() or timedelta(0)


def _real(local: datetime, *, twice: bool) -> tuple[datetime, ...]:
    """The instants that a local time stands for; of one that is skipped, the first instant after the gap."""
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first > second:  # the offset before the gap, applied within it, leads beyond it (PEP 495)
        return (_end_of_gap(local.tzinfo, second, first),)  # type: ignore[arg-type]  # it is the zone
    return (first, second) if twice else (first,)


def _end_of_gap(zone: ZoneInfo, before: datetime, beyond: datetime) -> datetime:
    old = before.astimezone(zone).utcoffset()
    while beyond - before > timedelta(seconds=1):
        middle = (before + (beyond - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            beyond = middle
    return beyond
