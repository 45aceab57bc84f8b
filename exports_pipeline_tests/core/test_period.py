"""Periods that move with the day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.core.period import Period, days_of


@pytest.mark.parametrize(
    ("period", "on", "first", "last"),
    [
        ("today", "2026-03-01", "2026-03-01", "2026-03-01"),
        ("yesterday", "2026-03-01", "2026-02-28", "2026-02-28"),
        ("last_7_days", "2026-03-01", "2026-02-22", "2026-02-28"),
        ("last_30_days", "2026-03-31", "2026-03-01", "2026-03-30"),
        ("this_week", "2026-03-01", "2026-02-23", "2026-03-01"),
        ("last_week", "2026-03-02", "2026-02-23", "2026-03-01"),
        ("this_month", "2026-03-31", "2026-03-01", "2026-03-31"),
        ("last_month", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("last_month", "2024-03-31", "2024-02-01", "2024-02-29"),
        ("last_month", "2026-01-15", "2025-12-01", "2025-12-31"),
        ("last_quarter", "2026-02-28", "2025-10-01", "2025-12-31"),
        ("last_quarter", "2026-12-31", "2026-07-01", "2026-09-30"),
        ("last_year", "2024-02-29", "2023-01-01", "2023-12-31"),
    ],
)
def test_each_period_as_a_calendar_shows_it(period, on, first, last):
    assert days_of(Period(period), date.fromisoformat(on)) == (date.fromisoformat(first), date.fromisoformat(last))


@given(st.dates(date(1902, 1, 1), date(2900, 1, 1)), st.sampled_from([Period.LAST_MONTH, Period.LAST_QUARTER]))
def test_seen_from_the_day_after_its_end_a_period_joins_the_one_before(on, period):
    first, last = days_of(period, on)
    assert first < last < on
    assert first.day == 1
    assert (last + timedelta(days=1)).day == 1
    before_first, before_last = days_of(period, first)
    assert before_last == first - timedelta(days=1)
    assert before_first < before_last
