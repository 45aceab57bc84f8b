"""What a roll-up says, and how it gets on with whoever is at work beside it."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metric_transaction import alone
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.core.metric import Aggregate, EventFilter, Metric, Metrics
from exports_pipeline.core.metric_store import RolledUp
from exports_pipeline_tests.direct_figures import direct_figures, starts, starts_of_customers, stored_figures
from exports_pipeline_tests.events import MIDDAY, Event, correct, store

METRICS = read_metrics()
FIRST = Event(id="first", value=Decimal(1), customer="ann")
SECOND = Event(id="second", value=Decimal(2), customer="bob", occurred_at=MIDDAY - timedelta(hours=1))


@pytest.fixture
def metrics(events_engine):
    with events_engine.begin() as connection:
        store(connection, [FIRST, SECOND])
    return PostgresMetricStore(events_engine, METRICS)


def are_those_of(engine, *events):
    with engine.connect() as connection:
        return stored_figures(connection) == direct_figures(METRICS, events)


def test_it_says_what_it_did_and_then_has_nothing_to_do(metrics):
    assert (metrics.has_new(), metrics.has_late()) == (True, True)
    done = metrics.roll_up(MIDDAY)
    assert (done.batches, done.events, done.late, done.repaired) == (1, 2, 1, 0)
    assert (metrics.has_new(), metrics.has_late()) == (False, False)
    assert metrics.roll_up(MIDDAY) == RolledUp()


def test_a_second_one_at_the_same_time_does_nothing(metrics, events_engine):
    with alone(events_engine, waits=False):
        assert metrics.roll_up(MIDDAY) == RolledUp(is_busy=True)
    assert metrics.roll_up(MIDDAY).events == 2


def test_a_correction_under_way_is_not_lost_although_its_minute_is_stale_already(metrics, events_engine):
    metrics.roll_up(MIDDAY)
    with events_engine.begin() as connection:
        correct(connection, replace(FIRST, value=Decimal(10)))
    with events_engine.begin() as connection:
        correct(connection, replace(FIRST, value=Decimal(100)))  # finds the minute on the list, and leaves it there
        assert metrics.roll_up(MIDDAY).repaired == 0  # it gives way
    assert metrics.has_late()
    assert metrics.roll_up(MIDDAY).repaired == 1
    assert are_those_of(events_engine, replace(FIRST, value=Decimal(100)), SECOND)


def test_a_batch_that_is_stored_meanwhile_comes_next(metrics, events_engine):
    third = Event(id="third", customer="eve")
    with events_engine.begin() as connection:
        store(connection, [third])
        assert metrics.roll_up(MIDDAY).events == 2
    assert metrics.roll_up(MIDDAY).events == 1
    assert are_those_of(events_engine, FIRST, SECOND, third)


def test_a_group_that_is_gone_after_a_correction_leaves_no_row(metrics, events_engine):
    metrics.roll_up(MIDDAY)
    moved = replace(SECOND, occurred_at=SECOND.occurred_at - timedelta(days=40), label="no", event_type="intent")
    with events_engine.begin() as connection:
        correct(connection, moved)
    metrics.roll_up(MIDDAY)
    assert are_those_of(events_engine, FIRST, moved)


def versions(engine):
    """The rows of each bucket by where they lie and who wrote them: a row that is written again has others."""
    query = "SELECT granularity, bucket, metric, dimensions::text, ctid::text, xmin::text FROM metric_rollups"
    found = defaultdict(set)
    with engine.connect() as connection:
        for granularity, bucket, *version in connection.execute(text(query)):
            found[granularity, bucket].add(tuple(version))
    return found


@pytest.mark.parametrize("way", ["late", "corrected"])
def test_late_and_corrected_events_leave_the_rows_of_all_other_buckets_untouched(metrics, events_engine, way):
    with events_engine.begin() as connection:
        store(connection, [replace(FIRST, id=f"day {n}", occurred_at=MIDDAY - timedelta(days=n)) for n in range(60)])
    metrics.roll_up(MIDDAY)
    before = versions(events_engine)
    at = MIDDAY - timedelta(days=40)
    with events_engine.begin() as connection:
        if way == "late":
            store(connection, [replace(FIRST, id="late", occurred_at=at)])
        else:
            correct(connection, replace(FIRST, id="day 40", occurred_at=at, value=Decimal(7)))
    done = metrics.roll_up(MIDDAY)
    assert (done.late, done.repaired) == ((1, 0) if way == "late" else (0, 1))
    after = versions(events_engine)
    assert {each for each in before | after if before[each] != after[each]} == {
        *starts(at).items(),
        *starts_of_customers(at).items(),
    }


def test_a_backfill_makes_all_lengths_of_buckets_of_metrics_that_are_new(metrics, events_engine):
    PostgresMetricStore(events_engine, Metrics()).roll_up(MIDDAY)
    assert are_those_of(events_engine)
    metrics.backfill(None, from_=SECOND.occurred_at.date(), to=MIDDAY.date())
    assert are_those_of(events_engine, FIRST, SECOND)


def test_others_follow_in_the_same_transactions(events_engine, metrics):
    class Follower:
        def __init__(self):
            self.added, self.mended, self.stale, self.behind = [], 0, True, 2

        def add(self, connection, batch_ids):
            self.added += batch_ids
            if len(self.added) == 1:
                connection.execute(text("UPDATE event_batches SET tenant = 'never seen'"))
                raise RuntimeError

        def mend(self, connection):
            self.mended, self.stale = self.mended + 1, False

        def is_stale(self, connection):
            return self.stale

        def catch_up(self, connection):
            self.behind -= 1
            return max(0, self.behind)

        def is_behind(self, connection):
            return self.behind > 0

    follower = Follower()
    both = PostgresMetricStore(events_engine, METRICS, also=(follower,))
    with pytest.raises(RuntimeError):
        both.roll_up(MIDDAY)
    assert are_those_of(events_engine)
    assert both.has_new()
    done = both.roll_up(MIDDAY)
    assert (done.events, done.retold, both.has_new()) == (2, 1, False)
    assert (len(follower.added), len(set(follower.added)), follower.mended) == (2, 1, 1)
    assert are_those_of(events_engine, FIRST, SECOND)


def test_dimensions_may_be_longer_than_an_index_takes(events_engine):
    texts = dict.fromkeys(("category", "label"), "\U0001d11e" * 200) | {"campaign": "\U0001d122" * 128}
    events = [
        replace(
            FIRST, event_type="\U0001d13d" * 100, metadata={"segment": end * 200}, **texts, tenant="\U0001d15f" * 128
        )
        for end in "\U0001d160\U0001d161"
    ]
    dimensions = ["event_type", "category", "label", "campaign", "segment"]
    metric = Metric(name="all", title="All", events=EventFilter(), aggregate=Aggregate.COUNT, dimensions=dimensions)
    with events_engine.begin() as connection:
        store(connection, [replace(each, id=str(place)) for place, each in enumerate(events)])
    assert PostgresMetricStore(events_engine, [metric]).roll_up(MIDDAY).events == 2
    with events_engine.connect() as connection:
        assert stored_figures(connection) == direct_figures([metric], events)


def test_a_dimension_out_of_the_metadata_is_cut(events_engine):
    with events_engine.begin() as connection:
        store(connection, [replace(FIRST, metadata={"segment": "s" * 300})])
    PostgresMetricStore(events_engine, METRICS).roll_up(MIDDAY)
    with events_engine.connect() as connection:
        assert stored_figures(connection) == direct_figures(METRICS, [replace(FIRST, metadata={"segment": "s" * 200})])
