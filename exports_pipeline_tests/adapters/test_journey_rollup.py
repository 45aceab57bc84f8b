"""Journeys in Postgres: told bit by bit, they are what all events at once give."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from exports_pipeline.adapters.journey_reader import PostgresJourneyStore
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.core.funnel import Step
from exports_pipeline.core.histogram import of_bytes, packed
from exports_pipeline.core.journey import COHORTS
from exports_pipeline.core.metric import EventFilter
from exports_pipeline_tests.direct_figures import starts
from exports_pipeline_tests.events import Event, correct
from exports_pipeline_tests.journeys import FUNNEL, START, WINDOW, add, an_event, direct, empty, roll_up, stored

EVENTS = st.builds(
    Event,
    event_type=st.sampled_from(["conversation", "intent", "lead", "noise"]),
    label=st.sampled_from(["yes", "maybe", "no"]),
    occurred_at=st.integers(0, 8).map(lambda place: START + place * timedelta(hours=5, minutes=35)),
    campaign=st.sampled_from(["spring", "", "summer/1"]),
    customer=st.sampled_from(["c1", "c2", ""]),
    metadata=st.sampled_from([{}, {"segment": "gold"}]),
    id=st.just(""),
)

SECONDS_KEY = "tenant, campaign, granularity, bucket, segment, step, since_step"


@pytest.fixture
def ledger(events_engine):
    empty(events_engine)
    return events_engine


def assert_rolled_up(engine):
    """The roll-ups are those of the journeys, and no empty count is left."""
    counts, histograms = Counter(), defaultdict(list)
    for (tenant, campaign, _customer), (segment, times) in stored(engine).items():
        buckets = starts(times[0])
        for step, at in enumerate(times, 1):
            for granularity in COHORTS:
                counts[tenant, campaign, granularity, buckets[granularity], segment, step] += 1
            for since in {1, step - 1} - {0, step}:
                for granularity in ("day", "month"):
                    key = (tenant, campaign, granularity, buckets[granularity], segment, step, since)
                    histograms[key].append(at - times[since - 1])
    with engine.begin() as connection:
        assert {
            tuple(row[:6]): row.journeys
            for row in connection.execute(
                text("SELECT tenant, campaign, granularity, bucket, segment, step, journeys FROM journey_rollups")
            )
        } == dict(counts)  # a Counter is equal to one with zeros
        found = {
            tuple(row[:7]): of_bytes(row.histogram)
            for row in connection.execute(text(f"SELECT {SECONDS_KEY}, histogram FROM journey_seconds"))
        }
    assert {key: each for key, each in found.items() if each} == {
        key: packed(durations) for key, durations in histograms.items()
    }


DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(EVENTS, min_size=1, max_size=5)),
        st.tuples(st.just("correct"), st.tuples(st.integers(0, 50), EVENTS)),
        st.tuples(st.just("roll up"), st.sampled_from([1, None])),
        st.tuples(st.just("die"), st.none()),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS)
@example(deeds=[("add", [Event(id="", event_type="lead", occurred_at=START)]), ("roll up", None), ("die", None)])
def test_any_order_of_batches_corrections_roll_ups_and_deaths_gives_the_journeys_of_all_events(ledger, deeds):
    empty(ledger)
    events = []
    for deed, what in deeds:
        if deed == "add":
            new = [replace(event, id=f"{len(events)}-{place}") for place, event in enumerate(what)]
            add(ledger, *new)
            events += new
        elif deed == "correct" and events:
            place, new = what[0] % len(events), what[1]
            new = replace(new, id=events[place].id)
            with ledger.begin() as connection:
                correct(connection, new)
            events[place] = new
        elif deed in {"roll up", "die"}:
            roll_up(ledger, most=what, die=deed == "die")
            assert_rolled_up(ledger)
    roll_up(ledger)
    assert stored(ledger) == direct(events)
    assert_rolled_up(ledger)


def test_another_funnel_has_every_journey_told_anew(ledger):
    events = [
        an_event("conversation"),
        an_event("intent", label="yes", occurred_at=START + timedelta(hours=40)),
    ]
    add(ledger, *events)
    roll_up(ledger)
    assert [len(times) for _, times in stored(ledger).values()] == [1]
    longer = replace(FUNNEL, window=timedelta(hours=50))
    roll_up(ledger, funnel=longer)
    assert stored(ledger) == direct(events, longer)
    assert_rolled_up(ledger)
    roll_up(ledger)
    assert [len(times) for _, times in stored(ledger).values()] == [1]


def test_many_customers_are_told_anew_bit_by_bit_within_one_roll_up(ledger):
    events = [an_event("conversation", customer=f"c{place}") for place in range(5)]
    add(ledger, *events)
    metrics = PostgresMetricStore(ledger, read_metrics(), also=[JourneyRollup(FUNNEL, customers_at_once=2)])
    assert metrics.roll_up(START).retold == 5
    assert not metrics.has_new()
    leads = Step(name="lead", title="Lead", events=EventFilter(event_type=("lead",)))
    other = PostgresMetricStore(
        ledger, read_metrics(), also=[JourneyRollup(replace(FUNNEL, steps=(leads,)), customers_at_once=2)]
    )
    assert other.has_new()
    assert other.roll_up(START).retold == 5
    assert (stored(ledger), other.has_new()) == ({}, False)


def test_old_journeys_are_forgotten_with_all_that_was_counted_of_them(ledger):
    old = an_event("conversation", customer="old", occurred_at=START - timedelta(days=40))
    lead = replace(old, id="old lead", event_type="intent", label="yes", occurred_at=old.occurred_at + WINDOW)
    add(ledger, old, lead, an_event("conversation", customer="new"))
    roll_up(ledger)
    store = PostgresJourneyStore(ledger)
    assert [store.forget(before=START.replace(day=1, hour=0)) for _ in range(2)] == [1, 0]
    assert [customer for _, _, customer in stored(ledger)] == ["new"]
    assert_rolled_up(ledger)
    again = an_event("conversation", customer="old", occurred_at=START + timedelta(days=1))
    add(ledger, again, replace(lead, id="late lead"))
    roll_up(ledger)
    assert stored(ledger)["acme", "spring", "old"] == ("", [again.occurred_at])
    assert_rolled_up(ledger)


def test_a_journey_whose_events_are_gone_stays_as_it_was_when_its_customer_comes_back(ledger):
    add(ledger, an_event("conversation"))
    roll_up(ledger)
    before = stored(ledger)
    with ledger.begin() as connection:
        connection.execute(text("TRUNCATE analytics_events"))
    add(ledger, an_event("conversation", occurred_at=START + timedelta(days=700)))
    roll_up(ledger)
    assert stored(ledger) == before


def test_campaigns_are_known_by_their_events(ledger):
    add(ledger, an_event("noise", campaign="a/b", customer=""))
    roll_up(ledger)
    with ledger.begin() as connection:
        assert connection.execute(text("SELECT tenant, campaign FROM campaigns")).all() == [("acme", "a/b")]
