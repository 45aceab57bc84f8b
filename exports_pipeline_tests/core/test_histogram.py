"""Histograms of durations: within one percent, and what was added can be taken out."""

from datetime import timedelta
from statistics import median

from hypothesis import given, settings
from hypothesis import strategies as st

from exports_pipeline.core.histogram import RELATIVE_ERROR, as_bytes, median_seconds, of_bytes, packed

DURATIONS = st.lists(st.integers(0, 10 * 366 * 86_400_000_000).map(lambda us: timedelta(microseconds=us)), max_size=30)


def assert_near(found, true):
    assert abs(found - true) <= true * RELATIVE_ERROR * (1 + 1e-9) + 0.001


@settings(max_examples=200, deadline=None)
@given(DURATIONS.filter(len))
def test_a_median_is_within_one_percent_of_the_true_one(durations):
    assert_near(median_seconds(packed(durations)), median(each.total_seconds() for each in durations))


@settings(max_examples=100, deadline=None)
@given(DURATIONS, DURATIONS)
def test_what_was_added_can_be_taken_out(kept, gone):
    both = of_bytes(as_bytes(packed(kept) + packed(gone)))
    assert both == packed(kept + gone)
    assert both - packed(gone) == packed(kept)


def test_nothing_has_no_median():
    assert median_seconds(packed([])) is None


def test_steps_at_the_same_instant_take_no_time():
    assert median_seconds(packed([timedelta(0)] * 3 + [timedelta(days=3)])) == 0


def test_every_end_of_a_bucket_is_near_its_middle():
    for duration in (timedelta(milliseconds=1), timedelta(seconds=1), timedelta(days=30), timedelta(days=3650)):
        for nudged in (duration, duration + timedelta(microseconds=1), duration - timedelta(microseconds=1)):
            assert_near(median_seconds(packed([nudged])), nudged.total_seconds())
