"""Whatever happens in whatever order, metrics are what the events amount to."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.metric import Aggregate, EventFilter, Metric, Metrics
from exports_pipeline_tests.direct_figures import direct_figures, stored_figures
from exports_pipeline_tests.events import MIDDAY, TABLES, Event, correct, store

CALLS = EventFilter(event_type=("call",))
METRICS = Metrics(
    (
        Metric(name="all"),
        Metric(
            name="calls", events=EventFilter(event_type=("call",)), dimensions=("campaign", "segment", "metadata.x")
        ),
        Metric(name="spent", aggregate=Aggregate.SUM, dimensions=("label",)),
        Metric(name="people", aggregate=Aggregate.DISTINCT, dimensions=("campaign",)),
    )
)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = st.integers(0, 2).map(lambda days: (MIDDAY + timedelta(days=days)).date())

EVENTS = st.builds(
    Event,
    id=st.sampled_from("abcdefghij"),
    tenant=st.sampled_from(["acme", "other"]),
    event_type=st.sampled_from(["call", "intent"]),
    label=st.sampled_from(["", "yes"]),
    campaign=st.sampled_from(["", "spring"]),
    customer=st.sampled_from(["", "ann", "bob"]),
    value=st.none() | st.decimals(-5, 5, places=2),
    occurred_at=st.sampled_from([0, 1, 59, 60, 3_599, 3_600, 21_599, 21_600, 43_199, 43_200, 100_000]).map(
        lambda seconds: MIDDAY + timedelta(seconds=seconds)
    ),
    metadata=st.sampled_from([{}, {"segment": "gold"}, {"x": "1", "segment": "gold"}]),
)


@dataclass(frozen=True)
class Batch:
    events: list


@dataclass(frozen=True)
class Correction:
    event: Event


@dataclass(frozen=True)
class RollUp:
    """A roll-up, at one of whose statements something else happens."""

    at: int = 10**9
    what: object = None
    """None, a Batch or a Correction of another connection, "error" or "killed"."""


@dataclass(frozen=True)
class Backfill:
    metrics: list | None
    first: object
    last: object


WRITES = st.lists(EVENTS, min_size=1, max_size=4).map(Batch) | EVENTS.map(Correction)
ROLL_UPS = st.builds(RollUp) | st.builds(
    RollUp, at=st.integers(0, 30), what=WRITES | st.sampled_from(["error", "killed"])
)
BACKFILLS = st.builds(
    Backfill, metrics=st.none() | st.lists(st.sampled_from(["calls", "people"]), min_size=1), first=DAYS, last=DAYS
)
HISTORIES = st.lists(WRITES | WRITES | ROLL_UPS | BACKFILLS, min_size=1, max_size=14)


class Stopped(Exception):
    """The roll-up is stopped here."""


class World:
    """A database, and what was put into it."""

    def __init__(self, engine):
        self.engine = engine
        self.metrics = PostgresMetricStore(engine, METRICS, most_events=3)
        self.events = {}

    def do(self, what):
        match what:
            case Batch():
                self.put(what.events)
            case Correction():
                self.correct(what.event)
            case RollUp():
                with suppress(Stopped, LedgerUnavailable):
                    self.roll_up(what)
                assert self.metrics.check(buckets=3, seed=what.at) == []
            case Backfill():
                first, last = sorted((what.first, what.last))
                self.metrics.backfill(what.metrics, from_=first, to=last)

    def put(self, events):
        with self.engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            store_of = {}
            for each in events:
                store_of.setdefault(each.tenant, []).append(each)
            for of_tenant in store_of.values():
                store(connection, of_tenant)
        for each in events:
            self.events.setdefault((each.tenant, each.id), each)

    def correct(self, event):
        if (event.tenant, event.id) not in self.events:
            return
        with suppress(DBAPIError), self.engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '50ms'"))  # a roll-up may have locked what is stale
            correct(connection, event)
            connection.commit()
            self.events[event.tenant, event.id] = event

    def roll_up(self, what):
        seen, is_meanwhile = 0, False

        def meanwhile(connection, *_):
            nonlocal seen, is_meanwhile
            seen += not is_meanwhile
            if is_meanwhile or seen != what.at + 1:
                return
            is_meanwhile = True
            if what.what == "error":
                raise Stopped
            if what.what == "killed":
                backend = connection.connection.dbapi_connection.info.backend_pid
                with self.engine.begin() as other:
                    other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
            else:
                self.do(what.what)
            is_meanwhile = False

        sqlalchemy_event.listen(self.engine, "before_cursor_execute", meanwhile)
        try:
            self.metrics.roll_up(NOW)
        finally:
            sqlalchemy_event.remove(self.engine, "before_cursor_execute", meanwhile)


def is_told_truly(engine, history):
    with engine.begin() as connection:
        for table in TABLES.split(", "):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    world = World(engine)
    for each in history:
        world.do(each)
    for _ in range(2):
        done = world.metrics.roll_up(NOW)
    assert done == replace(done, batches=0, events=0, buckets=0, late=0, repaired=0, is_busy=False)
    with engine.connect() as connection:
        assert stored_figures(connection) == direct_figures(METRICS, world.events.values())
    assert world.metrics.check(buckets=20, seed=7) == []
    assert not world.metrics.has_late()


@given(history=HISTORIES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_gives_the_figures_of_a_direct_aggregation(events_engine, history):
    is_told_truly(events_engine, history)


@pytest.mark.slow
@given(history=HISTORIES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_great_many_histories_do(events_engine, history):
    is_told_truly(events_engine, history)


@pytest.mark.parametrize("how", ["error", "killed"])
def test_stopped_at_every_single_statement_in_turn(events_engine, how):
    world = World(events_engine)
    for place in range(40):
        first, moved = (Event(id=f"{place}-{each}", value=Decimal(each), customer=f"c{each}") for each in range(2))
        world.put([first, moved])
        world.correct(replace(moved, occurred_at=MIDDAY + timedelta(minutes=place)))
        world.do(RollUp(at=place, what=how))
    world.metrics.roll_up(NOW)
    with events_engine.connect() as connection:
        assert stored_figures(connection) == direct_figures(METRICS, world.events.values())
