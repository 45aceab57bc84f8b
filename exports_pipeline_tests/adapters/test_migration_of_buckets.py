"""Buckets that were stored before there were some of their lengths are added up when the tables are migrated."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import text

from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.migrations import downgrade, migrate
from exports_pipeline.core.metric import Aggregate, EventFilter, Metric, Metrics
from exports_pipeline_tests.direct_figures import direct_figures, stored_figures
from exports_pipeline_tests.events import MIDDAY, Event, store
from exports_pipeline_tests.journeys import add, an_event, empty, roll_up

BEFORE = "0013_roll_up_ended_jobs"
WITHOUT_SIX_HOURS = "0024_keep_features_of_users"
METRICS = Metrics(
    (
        Metric(name="calls", dimensions=("campaign", "label")),
        Metric(name="most", aggregate=Aggregate.MAX),
        Metric(name="people", aggregate=Aggregate.DISTINCT, dimensions=("campaign", "label")),
    )
)
EVENTS = [
    Event(
        id=str(place),
        campaign=("", "spring", "sum:mer")[place % 3],
        label=("yes", "no")[place % 2],
        customer=("", "ann", "bob", "eve")[place % 4],
        value=Decimal(place),
        occurred_at=MIDDAY + timedelta(hours=7.3 * place),
    )
    for place in range(120)
]
COHORTS = text("SELECT tenant, campaign, granularity, bucket, segment, step, journeys FROM journey_rollups")


@pytest.fixture
def rolled_up(events_engine, events_migrated):
    """Events rolled up as they are now, then the tables as they were, and as they are again."""
    empty(events_engine)
    add(events_engine, *(an_event("conversation", occurred_at=MIDDAY + timedelta(hours=n)) for n in range(3)))
    roll_up(events_engine)
    with events_engine.connect() as connection:
        cohorts = set(connection.execute(COHORTS))
    with events_engine.begin() as connection:
        store(connection, EVENTS)
    PostgresMetricStore(events_engine, METRICS).roll_up(MIDDAY)
    downgrade(events_migrated, revision=BEFORE)
    assert granularities(events_migrated) == {"minute", "hour", "day"}
    migrate(events_migrated)
    return cohorts


def granularities(url):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return {each for (each,) in connection.execute("SELECT DISTINCT granularity FROM metric_rollups")}


def test_all_lengths_of_buckets_are_there_after_it(rolled_up, events_engine):
    with events_engine.connect() as connection:
        others = {event: counted for event, counted in stored_figures(connection).items() if event[0] == "acme"}
        assert others == direct_figures(METRICS, EVENTS)
        assert set(connection.execute(COHORTS)) == rolled_up
    more = replace(EVENTS[0], id="more")
    with events_engine.begin() as connection:
        store(connection, [more])
    PostgresMetricStore(events_engine, METRICS).roll_up(MIDDAY)
    with events_engine.connect() as connection:
        assert stored_figures(connection) == direct_figures(METRICS, [*EVENTS, more])


def test_quarters_of_days_are_added_up_also_where_no_event_has_a_customer(events_engine, events_migrated):
    metrics = Metrics(
        (*METRICS, Metric(name="nobody", aggregate=Aggregate.DISTINCT, events=EventFilter(label=("none",))))
    )
    events = [*EVENTS, *(replace(each, id=f"{each.id}-", customer="", label="none") for each in EVENTS)]
    with events_engine.begin() as connection:
        store(connection, events)
    PostgresMetricStore(events_engine, metrics).roll_up(MIDDAY)
    downgrade(events_migrated, revision=WITHOUT_SIX_HOURS)
    assert granularities(events_migrated) == {"quarter_hour", "hour", "day", "week", "month"}
    migrate(events_migrated)
    with events_engine.connect() as connection:
        assert stored_figures(connection) == direct_figures(metrics, events)
