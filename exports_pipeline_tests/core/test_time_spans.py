"""Hours, days, ISO weeks and months by the clocks of a zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.core.time_spans import Granularity, days_between
from exports_pipeline.core.zones import zone_names

DAYS = st.dates(date(2000, 1, 1), date(2190, 1, 1))


def labels(first, last, granularity, zone="UTC"):
    spans = days_between(date.fromisoformat(first), date.fromisoformat(last), zone).spans(granularity)
    return [span.label for span in spans]


def test_weeks_are_those_of_iso_8601_and_cut_by_the_range():
    assert labels("2025-12-27", "2026-01-12", Granularity.WEEK) == ["2025-W52", "2026-W01", "2026-W02", "2026-W03"]
    first, *_, last = days_between(date(2025, 12, 27), date(2026, 1, 12), "UTC").spans(Granularity.WEEK)
    assert (first.since, last.until) == (datetime(2025, 12, 27, tzinfo=UTC), datetime(2026, 1, 13, tzinfo=UTC))


def test_months_are_those_of_the_calendar():
    assert labels("2026-01-31", "2026-03-01", Granularity.MONTH) == ["2026-01", "2026-02", "2026-03"]


def test_days_on_which_the_clocks_change_have_23_or_25_hours():
    assert len(labels("2026-03-29", "2026-03-29", Granularity.HOUR, "Europe/Prague")) == 23
    autumn = labels("2026-10-25", "2026-10-25", Granularity.HOUR, "Europe/Prague")
    assert (len(autumn), autumn[2:4]) == (25, ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"])


@given(DAYS, st.integers(0, 60), st.sampled_from(sorted(zone_names())), st.sampled_from(list(Granularity)))
def test_spans_follow_each_other_without_gap_and_begin_at_a_quarter_of_an_hour(first, more, zone, granularity):
    more = min(more, 10) if granularity is Granularity.HOUR else more
    days = days_between(first, first + timedelta(days=more), zone)
    spans = days.spans(granularity)
    assert (spans[0].since, spans[-1].until) == (days.span.since, days.span.until)
    assert all(one.until == other.since for one, other in pairwise(spans))
    for span in spans:
        assert span.since < span.until
        assert (span.since.minute % 15, span.since.second, span.since.microsecond) == (0, 0, 0)
