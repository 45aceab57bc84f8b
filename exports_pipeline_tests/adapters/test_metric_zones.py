"""Series by the clock of any zone are those that Postgres finds in the raw events."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from exports_pipeline.adapters import metric_reader
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.postgres import rows
from exports_pipeline.core.metric import Aggregate, Granularity, Metric, Metrics
from exports_pipeline_tests.events import Event, store
from exports_pipeline_tests.fakes.metrics import InMemoryMetrics

METRICS = Metrics(
    (
        Metric(name="all", dimensions=("campaign",)),
        Metric(name="spent", aggregate=Aggregate.SUM),
        Metric(name="most", aggregate=Aggregate.MAX),
        Metric(name="people", aggregate=Aggregate.DISTINCT),
    )
)
DIRECTLY = text("""
    SELECT date_trunc(:granularity, occurred_at AT TIME ZONE :zone)::date AS start, count(*) AS events,
        coalesce(sum(value), 0) AS spent, max(value) AS most, count(DISTINCT customer) AS people
    FROM analytics_events
    WHERE (occurred_at AT TIME ZONE :zone)::date BETWEEN :from_ AND :to
    GROUP BY 1""")
HOURS_DIRECTLY = text("""
    SELECT date_trunc('hour', occurred_at AT TIME ZONE :zone) AS start, count(*) AS events
    FROM analytics_events
    WHERE (occurred_at AT TIME ZONE :zone)::date BETWEEN :from_ AND :to
    GROUP BY 1""")
CHANGES = [
    ("Asia/Kolkata", date(2026, 3, 1)),
    ("Asia/Kathmandu", date(2026, 3, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/St_Johns", date(2026, 3, 8)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("UTC", date(2026, 1, 1)),
]


@pytest.fixture(params=CHANGES, ids=lambda change: f"{change[0]}-{change[1]}")
def place(request, events_engine):
    """A zone, the day its clocks change, and metrics of events around it, more of them where the days meet."""
    zone, day = request.param
    random = Random(str(request.param))  # noqa: S311 - it makes up events
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    events = [
        Event(
            id=str(each),
            value=Decimal(random.randrange(-500, 500)) / 100,
            campaign=random.choice(["", "spring"]),
            customer=f"c{random.randrange(40)}",
            occurred_at=midnight + timedelta(seconds=random.uniform(-5, 6) * random.choice([1, 86_400])),
        )
        for each in range(400)
    ]
    with events_engine.begin() as connection:
        store(connection, events)
    metrics = PostgresMetricStore(events_engine, METRICS)
    metrics.roll_up(midnight)
    return metrics, events, ZoneInfo(zone), day


@pytest.mark.parametrize("days_after", [3, 5, 12])
def test_days_weeks_and_months_are_as_the_clock_of_the_zone_has_them(place, events_engine, days_after):
    """Where a range ends before the last event, on its day or after it, and longer buckets reach beyond the range."""
    metrics, _, zone, day = place
    asked = {"from_": day - timedelta(days=3), "to": day + timedelta(days=days_after)}
    for granularity in (Granularity.DAY, Granularity.WEEK, Granularity.MONTH):
        with events_engine.connect() as connection:
            given = asked | {"zone": zone.key, "granularity": granularity}
            direct = {row.start: row for row in connection.execute(DIRECTLY, given)}
        for name, column in (("all", "events"), ("spent", "spent"), ("most", "most"), ("people", "people")):
            series = metrics.series("acme", name, **asked, zone=zone, granularity=granularity)
            [line] = series.lines
            found = {
                bucket.start.date(): point.value(series.metric.aggregate)
                for bucket, point in zip(series.buckets, line.points, strict=True)
                if point.count
            }
            assert found == {start: getattr(row, column) for start, row in direct.items()}
            assert sum(point.count for point in line.points) == line.total.count


def test_customers_until_the_last_event_are_read_in_fewer_rows_and_the_same(place, events_engine, monkeypatch):
    metrics, _, zone, day = place
    read = []
    monkeypatch.setattr(metric_reader, "rows", lambda *asked: read.append(rows(*asked)) or read[-1])

    def told():
        [line] = metrics.totals("acme", "people", from_=day - timedelta(days=3), to=day + timedelta(days=6), zone=zone)
        return line.total

    until_the_last = told()
    with events_engine.begin() as connection:
        later = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=14)
        store(connection, [Event(id="later", customer="somebody else", occurred_at=later)])
    metrics.roll_up(later)
    assert told() == until_the_last
    assert len(read[0]) < len(read[1]) or zone.key == "UTC"


def test_hours_are_as_the_clock_of_the_zone_has_them(place, events_engine):
    metrics, _, zone, day = place
    asked = {"from_": day - timedelta(days=1), "to": day + timedelta(days=1)}
    with events_engine.connect() as connection:
        direct = dict(connection.execute(HOURS_DIRECTLY, asked | {"zone": zone.key}).all())
    series = metrics.series("acme", "all", **asked, zone=zone, granularity=Granularity.HOUR)
    found = Counter()
    for bucket, point in zip(series.buckets, series.lines[0].points, strict=True):
        found[bucket.start.replace(tzinfo=None, minute=0)] += point.count  # the hour that is twice, together
    assert +found == direct


def test_the_store_in_memory_agrees(place):
    metrics, events, zone, day = place
    asked = {"from_": day - timedelta(days=2), "to": day + timedelta(days=1), "zone": zone}
    remembered = InMemoryMetrics(METRICS, events)
    for metric in METRICS:
        filters = {"where": {"campaign": ["spring", "x"]}, "by": ["campaign"]} if metric.dimensions else {}
        for granularity in (Granularity.HOUR, Granularity.DAY, Granularity.MONTH):
            question = asked | filters | {"granularity": granularity}
            assert metrics.series("acme", metric.name, **question) == remembered.series("acme", metric.name, **question)
        assert metrics.totals("acme", metric.name, **asked) == remembered.totals("acme", metric.name, **asked)
