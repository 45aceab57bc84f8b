"""Metrics are read from the stored buckets, filtered, told apart and filled up with zeros."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from exports_pipeline.adapters.customer_sketch import sketch_of
from exports_pipeline.adapters.event_tables import metric_rollups
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.core.bucket import buckets_between
from exports_pipeline.core.metric import Aggregate, Granularity, Metric, Metrics
from exports_pipeline.core.refusals import InvalidDateRange, TooManyPoints, UnknownDimension, UnknownMetric

CALLS = Metric(name="calls", dimensions=("campaign", "label"))
MAILS = Metric(name="mails")
SECONDS = Metric(name="seconds", aggregate=Aggregate.MEAN)
PEOPLE = Metric(name="people", aggregate=Aggregate.DISTINCT)
FIRST, THIRD = date(2026, 3, 1), date(2026, 3, 3)
RANGE = {"from_": FIRST, "to": THIRD, "zone": ZoneInfo("UTC")}
DAILY = RANGE | {"granularity": Granularity.DAY}


@pytest.fixture
def store(events_engine):
    rows = [
        ("calls", 1, {"campaign": "spring", "label": "yes"}, 3, None, None),
        ("calls", 1, {"campaign": "spring", "label": "no"}, 4, None, None),
        ("calls", 3, {"campaign": "autumn", "label": "yes"}, 1, None, None),
        ("calls#", 1, {}, 7, None, None),
        ("calls#", 3, {}, 1, None, None),
        ("calls#campaign", 1, {"campaign": "spring"}, 7, None, None),
        ("calls#campaign", 3, {"campaign": "autumn"}, 1, None, None),
        ("mails", 3, {}, 9, None, None),
        ("seconds", 1, {}, 2, Decimal("4.5"), None),
        ("seconds", 3, {}, 1, Decimal(6), None),
        ("people", 1, {}, 2, None, sketch_of(["a", "b"])),
        ("people", 3, {}, 2, None, sketch_of(["b", "c"])),
    ]
    with events_engine.begin() as connection:
        for metric, day, dimensions, count, total, sketch in rows:
            row = {
                "tenant": "acme",
                "metric": metric,
                "granularity": "day",
                "bucket": datetime(2026, 3, day, tzinfo=UTC),
            }
            row |= {"dimensions": dimensions, "count": count, "sum": total, "min": total, "max": total}
            connection.execute(insert(metric_rollups), row | {"sketch": sketch})
    return PostgresMetricStore(events_engine, Metrics((CALLS, MAILS, SECONDS, PEOPLE)))


def values(line, metric):
    return [point.value(metric.aggregate) for point in line.points]


def test_days_without_events_are_zero(store):
    [line] = store.series("acme", "calls", **DAILY).lines
    assert (values(line, CALLS), line.total.count) == ([7, 0, 1], 8)


def test_a_tenant_sees_its_own_events_alone(store):
    [line] = store.series("other", "calls", **DAILY).lines
    assert values(line, CALLS) == [0, 0, 0]


def test_lines_are_told_apart_by_dimensions_the_largest_first(store):
    series = store.series("acme", "calls", **DAILY, by=["campaign"])
    assert [(line.group, values(line, CALLS)) for line in series.lines] == [
        (("spring",), [7, 0, 0]),
        (("autumn",), [0, 0, 1]),
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_metrics_asked_for_together_are_those_asked_for_alone(store, zone):
    buckets = tuple(buckets_between(FIRST, THIRD, Granularity.DAY, ZoneInfo(zone)))
    asked = ["people", "calls", "seconds", "mails"]
    together = store.lines("acme", asked, buckets)
    assert together == [lines for name in asked for lines in store.lines("acme", [name], buckets)]
    if zone == "UTC":
        counts = [[point.count for point in line.points] for (line,) in together]
        assert counts == [[2, 0, 2], [7, 0, 1], [2, 0, 1], [0, 0, 9]]


def test_a_filter_takes_any_of_its_values(store):
    totals = store.totals("acme", "calls", **RANGE, where={"label": ["yes", "maybe"]}, by=["label", "campaign"])
    assert [(line.group, line.total.count) for line in totals] == [(("yes", "spring"), 3), (("yes", "autumn"), 1)]


def test_a_mean_is_of_all_events_and_none_where_there_are_none(store):
    [line] = store.series("acme", "seconds", **DAILY).lines
    assert values(line, SECONDS) == [Decimal("2.25"), None, Decimal(6)]
    assert line.total.value(Aggregate.MEAN) == Decimal("3.5")
    assert (line.total.min, line.total.max) == (Decimal("4.5"), Decimal(6))


def test_a_customer_of_two_days_is_one_customer(store):
    [line] = store.series("acme", "people", **DAILY).lines
    assert (values(line, PEOPLE), line.total.customers) == ([2, 0, 2], 3)


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"metric": "cals"}, UnknownMetric, "metric"),
        ({"from_": date(2026, 3, 4)}, InvalidDateRange, "to"),
        ({"by": ["segment"]}, UnknownDimension, "by"),
        ({"where": {"segment": ["a"]}}, UnknownDimension, "where"),
        ({"from_": date(2000, 1, 1)}, TooManyPoints, "to"),
    ],
)
def test_what_cannot_be_asked_is_refused(store, change, error, field):
    asked = {"metric": "calls"} | DAILY | change
    with pytest.raises(error) as refused:
        store.series("acme", **asked)
    assert refused.value.field == field
