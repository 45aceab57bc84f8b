"""Whatever is sent in whatever order, both stores hold the same events and say the same of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports_pipeline.core.event_months import first_kept, month_of
from exports_pipeline.usecases.ingest_events import ingest_events
from exports_pipeline.usecases.keep_event_months import keep_event_months
from exports_pipeline_tests.event_rows import StoredEvents, sent, without_events
from exports_pipeline_tests.fakes.clock import NOON, FakeClock
from exports_pipeline_tests.fakes.ports import fake_ports

TIMES = [NOON - timedelta(days=days, seconds=seconds) for days in (0, 1, 40, 700) for seconds in (0, 59, 61)]
EVENTS = st.builds(
    sent,
    st.sampled_from("abcdef"),
    label=st.sampled_from(["", "yes", "no\tno", "\\N"]),
    customer=st.sampled_from([None, "c-1", "c-2"]),
    value=st.one_of(st.none(), st.integers(-9, 9), st.decimals(-9, 9, places=3)),
    occurred_at=st.sampled_from([time.isoformat() for time in TIMES]),
    metadata=st.one_of(st.none(), st.just({"segment": "x"})),
)
NO_EVENTS = st.sampled_from([None, 7, {}, sent(occurred_at="2026-03-01"), sent(value="1"), sent(metadata=[])])
BODIES = st.tuples(
    st.sampled_from(["ann", "bob"]), st.booleans(), st.lists(st.one_of(EVENTS, EVENTS, NO_EVENTS), max_size=12)
)
STEPS = st.lists(st.one_of(BODIES, BODIES, BODIES, st.integers(1, 70)), min_size=1, max_size=8)


@pytest.fixture
def store(engine, migrated):
    yield StoredEvents(engine, migrated)
    without_events(engine)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_both_stores_hold_the_same_and_lose_nothing(engine, store, steps):
    without_events(engine)
    clock = FakeClock()
    fake = fake_ports(clock=clock)
    real = replace(fake, events=StoredEvents(engine, store.url))
    for step in steps:
        if isinstance(step, int):
            clock.advance(step * 86_400)
            assert keep_event_months(fake).dropped == keep_event_months(real).dropped
            continue
        tenant, replaces, body = step
        told = ingest_events(enumerate(body), tenant, replace=replaces, ports=fake)
        assert ingest_events(enumerate(body), tenant, replace=replaces, ports=real) == told
        added = told.added
        assert added.stored + added.duplicates + added.replaced + told.refused == len(body)
    assert seen(real.events) == seen(fake.events)
    assert real.events.batches == fake.events.batches
    assert real.events.stale_minutes == fake.events.stale_minutes
    assert real.events.stale_customers == fake.events.stale_customers


def seen(events):
    """Events by tenant and id; with each batch by its place, for the numbers of batches may have gaps."""
    found = events.events
    places = {batch: place for place, batch in enumerate(sorted({batch for _, batch in found.values()}))}
    return {
        key: (replace(event, metadata=event.metadata.replace(" ", "")), places[batch])
        for key, (event, batch) in found.items()
    }


def test_the_window_of_events_moves_by_the_month():
    kept = first_kept(NOON, months=24)
    assert (month_of(kept), kept) == (kept.date(), kept)
    assert kept.isoformat() == "2024-03-01T00:00:00+00:00"
    assert first_kept(NOON + timedelta(days=30), months=24) == kept
    assert first_kept(NOON + timedelta(days=31), months=24) > kept
    assert first_kept(NOON, months=12_000_000).year == 1
