"""Buckets of any zone are composed of stored ones without a gap and without an overlap."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.core.bucket import Bucket, buckets_between, count_of_stored, floor, runs_of
from exports_pipeline.core.metric import ASKED, STORED, STORED_OF_CUSTOMERS, Granularity
from exports_pipeline.core.refusals import UnknownTimezone

ZONES = (
    "UTC", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "America/New_York",
    "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo", "Europe/Prague", "Pacific/Chatham",
)  # fmt: skip
DAYS = st.dates(date(2012, 1, 1), date(2030, 12, 31))
"""After clocks were last put at a minute past midnight, which St. John's did until 2011."""
MIDDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def hours_of(zone, day):
    return list(buckets_between(day, day, Granularity.HOUR, ZoneInfo(zone)))


@given(
    zone=st.sampled_from(ZONES),
    first=DAYS,
    days=st.integers(0, 70),
    granularity=st.sampled_from(ASKED),
    stored=st.sampled_from([STORED, STORED_OF_CUSTOMERS]),
)
def test_buckets_fill_their_days_and_stored_ones_fill_the_buckets(zone, first, days, granularity, stored):
    last = first + timedelta(days=days)
    buckets = list(buckets_between(first, last, granularity, ZoneInfo(zone)))
    assert buckets[0].since.astimezone(ZoneInfo(zone)).date() == first or zone == "Pacific/Apia"
    assert all(one.until == next_.since for one, next_ in pairwise(buckets))
    assert all(one.since < one.until for one in buckets) or zone == "Pacific/Apia"  # which left a whole day out
    runs = runs_of(buckets, stored)
    assert runs[0].since == buckets[0].since
    assert runs[-1].until == buckets[-1].until
    assert all(one.until == next_.since for one, next_ in pairwise(runs))
    for run in runs:
        assert run.granularity in stored
        assert floor(run.since, run.granularity) == run.since
        assert floor(run.until, run.granularity) == run.until


@given(zone=st.sampled_from(ZONES), day=DAYS, seconds=st.integers(0, 86_399))
def test_an_instant_lies_in_the_hour_that_its_clock_shows(zone, day, seconds):
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(seconds=seconds)
    local = at.astimezone(ZoneInfo(zone))
    [bucket] = [each for each in hours_of(zone, local.date()) if each.since <= at < each.until]
    assert (bucket.start.date(), bucket.start.hour) == (local.date(), local.hour)
    assert bucket.start.utcoffset() == local.utcoffset()


def test_the_hour_that_is_twice_is_two_buckets():
    starts = [bucket.start.isoformat() for bucket in hours_of("America/New_York", date(2026, 11, 1))]
    assert starts[1:3] == ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"]
    assert len(starts) == 25


def test_a_jump_of_half_an_hour_cuts_an_hour():
    buckets = hours_of("Australia/Lord_Howe", date(2026, 4, 5))
    lengths = [(bucket.until - bucket.since) // timedelta(minutes=1) for bucket in buckets]
    assert lengths[:4] == [60, 60, 30, 60]
    assert sum(lengths) == 24 * 60 + 30


def test_a_day_whose_midnight_is_left_out_begins_when_the_clock_jumps():
    [day] = buckets_between(date(2018, 11, 4), date(2018, 11, 4), Granularity.DAY, ZoneInfo("America/Sao_Paulo"))
    assert day.since == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert day.until == datetime(2018, 11, 5, 2, tzinfo=UTC)


def test_weeks_are_those_of_iso_and_say_where_the_range_cuts_them():
    weeks = list(buckets_between(date(2026, 12, 30), date(2027, 1, 10), Granularity.WEEK, ZoneInfo("UTC")))
    assert [(week.start.date(), week.since.date(), week.is_whole) for week in weeks] == [
        (date(2026, 12, 28), date(2026, 12, 30), False),
        (date(2027, 1, 4), date(2027, 1, 4), True),
    ]


@pytest.mark.parametrize(
    ("zone", "first", "days", "read"),
    [
        ("UTC", date(2026, 1, 1), 90, 3),  # months
        ("UTC", date(2026, 1, 5), 28, 28),
        ("Europe/Prague", date(2026, 1, 5), 1, 24),
        ("Asia/Kolkata", date(2026, 1, 5), 1, 2 + 23 + 2),
        ("Asia/Kathmandu", date(2026, 1, 5), 1, 3 + 23 + 1),
        ("Asia/Kolkata", date(2026, 1, 5), 28, 2 + 5 + 27 + 18 + 2),
    ],
)
def test_a_range_is_read_from_few_buckets(zone, first, days, read):
    assert count_of_stored(runs_of_range(zone, first, days, STORED), before=LATER) == read


@pytest.mark.parametrize(
    ("zone", "first", "days", "read"),
    [
        ("UTC", date(2026, 1, 5), 28, 4),  # weeks
        ("Europe/Prague", date(2026, 1, 5), 1, 1 + 3 + 5),
        ("Asia/Kolkata", date(2026, 1, 5), 1, 2 + 5 + 3 + 2),
        ("Europe/Prague", date(2026, 1, 5), 30, 1 + 4 + 1 + 3 + 5),
        ("Asia/Kolkata", date(2026, 1, 5), 28, 2 + 5 + 3 + 6 + 3 + 2),
    ],
)
def test_customers_of_a_range_are_read_from_fewer(zone, first, days, read):
    runs = runs_of_range(zone, first, days, STORED_OF_CUSTOMERS)
    assert count_of_stored(runs, before=LATER) == read


def test_of_a_range_until_a_moment_longer_buckets_beyond_it_count_once():
    month = runs_of_range("UTC", date(2026, 3, 1), 31, STORED_OF_CUSTOMERS)
    days = runs_of_range("UTC", date(2026, 3, 2), 5, STORED_OF_CUSTOMERS)
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert [count_of_stored(runs, before=noon) for runs in (month, days, [*month, *days], [])] == [1, 3, 4, 0]


def runs_of_range(zone, first, days, stored):
    since = next(buckets_between(first, first, Granularity.DAY, ZoneInfo(zone))).since
    after_last = first + timedelta(days=days)
    until = next(buckets_between(after_last, after_last, Granularity.DAY, ZoneInfo(zone))).since
    return runs_of([Bucket(start=since, since=since, until=until)], stored)


def test_what_no_stored_bucket_fits_is_refused():
    odd = Bucket(start=MIDDAY, since=MIDDAY, until=MIDDAY + timedelta(minutes=61))
    assert [run.granularity for run in runs_of([odd], (Granularity.MINUTE, Granularity.HOUR))] == [
        Granularity.HOUR,
        Granularity.MINUTE,
    ]
    with pytest.raises(UnknownTimezone, match="ask in UTC"):
        runs_of([odd])


def test_zones_of_today_are_made_of_quarters_of_hours_and_those_of_before_1972_refused():
    liberia = ZoneInfo("Africa/Monrovia")
    assert runs_of(list(buckets_between(date(1973, 1, 1), date(1973, 1, 2), Granularity.DAY, liberia)))
    with pytest.raises(UnknownTimezone):
        runs_of(list(buckets_between(date(1971, 1, 1), date(1971, 1, 2), Granularity.DAY, liberia)))


def test_an_hour_that_was_cut_a_minute_past_midnight_is_refused_and_its_day_is_not():
    newfoundland, day = ZoneInfo("America/St_Johns"), date(2011, 3, 13)
    assert runs_of(list(buckets_between(day, day, Granularity.DAY, newfoundland)))
    with pytest.raises(UnknownTimezone, match="ask in UTC"):
        runs_of(list(buckets_between(day, day, Granularity.HOUR, newfoundland)))
