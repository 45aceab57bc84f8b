"""The months that events are kept in, each by its first day in UTC."""

from datetime import UTC, date, datetime


def month_of(instant: datetime) -> date:
    """The month of an instant."""
    return instant.astimezone(UTC).date().replace(day=1)


def month_after(month: date, count: int = 1) -> date:
    """The month so many months later, or earlier where `count` is negative; the first of all where there is none."""
    months = max(12, month.year * 12 + month.month - 1 + count)
    return date(months // 12, months % 12 + 1, 1)


def start_of(month: date) -> datetime:
    """The first moment of a month."""
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def first_kept(now: datetime, *, months: int) -> datetime:
    """The first moment whose events are kept: the present month is, and so many months before it."""
    return start_of(month_after(month_of(now), -months))
