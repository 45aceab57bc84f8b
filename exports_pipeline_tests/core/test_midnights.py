"""Buckets told by whole days of UTC and the edges beside them hold what they held."""

from bisect import bisect_right
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.core.bucket import buckets_between
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.midnights import shifted

ZONES = ["Asia/Kolkata", "Asia/Kathmandu", "Pacific/Auckland", "America/New_York", "America/St_Johns", "Pacific/Apia"]
BEGIN = datetime(2011, 12, 20, tzinfo=UTC)
"""Ten days before Samoa left a day out."""
INSTANTS = st.lists(st.integers(0, 60 * 24 * 4).map(lambda quarters: BEGIN + quarters * timedelta(minutes=15)))
LONG = [Granularity.DAY, Granularity.WEEK, Granularity.MONTH]


def places(instants, buckets):
    """How many instants lie in each bucket, by its place from 1; buckets are in order, and may be apart."""
    sinces = [bucket.since for bucket in buckets]
    found = Counter()
    for instant in instants:
        place = bisect_right(sinces, instant)
        if place and instant < buckets[place - 1].until:
            found[place] += 1
    return found


@given(st.sampled_from(ZONES), st.sampled_from(LONG), st.integers(1, 50), INSTANTS)
def test_what_is_in_a_bucket_is_told_by_days_of_utc_and_edges(zone, granularity, days, instants):
    first = date(2011, 12, 22)
    buckets = list(buckets_between(first, first + timedelta(days=days), granularity, ZoneInfo(zone)))
    shift = shifted(buckets)
    if shift is None:
        assert zone == "Pacific/Apia"
        return
    assert all(each.since.hour == each.until.hour == 0 for each in shift.buckets)
    assert all(timedelta() < each.until - each.since <= timedelta(hours=12) for each in shift.edges)
    direct = places(instants, buckets)
    edges = {-place: count for place, count in places(instants, shift.edges).items()}
    told = shift.restored(places(instants, shift.buckets) | edges)
    assert told == [direct[place] for place in range(1, len(buckets) + 1)]


def test_buckets_that_lie_at_midnights_or_are_shorter_than_days_stay():
    day = date(2026, 3, 1)
    assert shifted(list(buckets_between(day, day, Granularity.DAY, ZoneInfo("UTC")))) is None
    assert shifted(list(buckets_between(day, day, Granularity.HOUR, ZoneInfo("Asia/Kolkata")))) is None
    one, _, three = buckets_between(day, day + timedelta(days=2), Granularity.DAY, ZoneInfo("Asia/Kolkata"))
    assert shifted([one, three]) is None
