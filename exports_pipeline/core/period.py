"""Periods that move with the day on which they are asked for."""

from datetime import date, timedelta
from enum import StrEnum

_DAY = timedelta(days=1)


class Period(StrEnum):
    """Whole days before, or up to, a day; weeks begin on Monday (ISO 8601)."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    """The seven days before the day."""
    LAST_30_DAYS = "last_30_days"
    THIS_WEEK = "this_week"
    """From Monday to the day itself."""
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    """From the first to the day itself."""
    LAST_MONTH = "last_month"
    LAST_QUARTER = "last_quarter"
    LAST_YEAR = "last_year"


def days_of(period: Period, on: date) -> tuple[date, date]:
    """First and last day of a period as seen on a day, both inclusive."""
    monday, first = on - on.weekday() * _DAY, on.replace(day=1)
    quarter = first.replace(month=first.month - (first.month - 1) % 3)
    year = date(on.year, 1, 1)
    return {
        Period.TODAY: (on, on),
        Period.YESTERDAY: (on - _DAY, on - _DAY),
        Period.LAST_7_DAYS: (on - 7 * _DAY, on - _DAY),
        Period.LAST_30_DAYS: (on - 30 * _DAY, on - _DAY),
        Period.THIS_WEEK: (monday, on),
        Period.LAST_WEEK: (monday - 7 * _DAY, monday - _DAY),
        Period.THIS_MONTH: (first, on),
        Period.LAST_MONTH: (_months_before(first, 1), first - _DAY),
        Period.LAST_QUARTER: (_months_before(quarter, 3), quarter - _DAY),
        Period.LAST_YEAR: (_months_before(year, 12), year - _DAY),
    }[period]


def _months_before(first: date, months: int) -> date:
    for _ in range(months):
        first = (first - _DAY).replace(day=1)
    return first
