"""Spans of time by the clocks of a zone: the hours, days, ISO weeks and months of a range of days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from exports_pipeline.core.refusals import InvalidDateRange, UnknownTimezone
from exports_pipeline.core.zones import zone_names

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""Between these every zone is a whole number of quarters of an hour away from UTC, and every day can be told."""
MAX_DAYS = 1_100
_DAY = timedelta(days=1)


class Granularity(StrEnum):
    """How long a span is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_MAX_DAYS_BY = {Granularity.HOUR: 14, Granularity.DAY: 400}


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of time, `[since, until)` in UTC."""

    label: str
    """`2026-03-01T12:00+01:00`, `2026-03-01`, `2026-W09`, `2026-03`: as the clocks of the zone have it."""
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Days:
    """A range of days, both inclusive, in a time zone."""

    first: date
    last: date
    timezone: str

    @property
    def span(self) -> Span:
        """The whole of it."""
        label = f"{self.first.isoformat()}/{self.last.isoformat()}"
        return Span(label=label, since=self._begin(self.first), until=self._begin(self.last + _DAY))

    def spans(self, granularity: Granularity) -> tuple[Span, ...]:
        """The spans that the range consists of, in order; the first and the last may be cut by it.

        Raises:
            InvalidDateRange: there would be too many of them.
        """
        most = _MAX_DAYS_BY.get(granularity, MAX_DAYS)
        if (self.last - self.first).days >= most:
            raise InvalidDateRange(f"By {granularity}, a range has at most {most} days.", field="granularity")
        if granularity is Granularity.HOUR:
            return self._hours()
        spans, day = [], self.first
        while day <= self.last:
            after = min(_after(day, granularity), self.last + _DAY)
            spans.append(Span(label=_label(day, granularity), since=self._begin(day), until=self._begin(after)))
            day = after
        return tuple(spans)

    def _hours(self) -> tuple[Span, ...]:
        """Hours as they pass: 23 or 25 of them on a day on which the clocks change."""
        spans, whole, zone = [], self.span, ZoneInfo(self.timezone)
        since = whole.since
        while since < whole.until:
            until = min(since + timedelta(hours=1), whole.until)
            label = since.astimezone(zone).isoformat(timespec="minutes")
            spans.append(Span(label=label, since=since, until=until))
            since = until
        return tuple(spans)

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)


def days_between(first: date, last: date, timezone: str) -> Days:
    """A range of days, checked.

    Raises:
        UnknownTimezone: there is no such zone.
        InvalidDateRange: it is reversed, too long, or beyond all calendars.
    """
    if timezone not in zone_names():
        raise UnknownTimezone(f"There is no time zone {timezone}; write it as Europe/Prague.", field="timezone")
    if last < first:
        raise InvalidDateRange(f"The last day, {last}, lies before the first, {first}.", field="to")
    if first < EARLIEST or last > LATEST:
        raise InvalidDateRange(f"Days lie between {EARLIEST} and {LATEST}.", field="from" if first < EARLIEST else "to")
    if (last - first).days >= MAX_DAYS:
        raise InvalidDateRange(f"A range has at most {MAX_DAYS} days.", field="from")
    return Days(first=first, last=last, timezone=timezone)


def _after(day: date, granularity: Granularity) -> date:
    """The first day after the day, the week or the month in which a day lies."""
    if granularity is Granularity.WEEK:
        return day + (7 - day.weekday()) * _DAY
    return (day.replace(day=1) + 31 * _DAY).replace(day=1) if granularity is Granularity.MONTH else day + _DAY


def _label(day: date, granularity: Granularity) -> str:
    if granularity is Granularity.WEEK:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m}" if granularity is Granularity.MONTH else day.isoformat()
