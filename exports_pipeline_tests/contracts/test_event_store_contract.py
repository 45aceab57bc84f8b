"""What every store of events keeps, the one in memory and the one in Postgres."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from exports_pipeline.core.event_months import month_of
from exports_pipeline.core.event_store import Added
from exports_pipeline_tests.event_rows import StoredEvents, an_event, without_events
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.events import InMemoryEvents

LATER = NOON + timedelta(hours=1)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@pytest.fixture(params=["memory", "postgres"])
def store(request):
    if request.param == "memory":
        yield InMemoryEvents()
        return
    engine = request.getfixturevalue("engine")
    without_events(engine)
    yield StoredEvents(engine, request.getfixturevalue("migrated"))
    without_events(engine)


def kept(store):
    """Events without their batches."""
    return {key: event for key, (event, _) in store.events.items()}


def add(store, *events, tenant="ann", now=NOON, replace=False):
    return store.add(tenant, events, now=now, replace=replace)


def test_an_event_comes_back_as_it_was_added(store):
    event = an_event(
        value=Decimal("-0.000000000000000001"), label='tab\t"quote" \\ back\nline\r שלום 🎈', customer="\\N"
    )
    bare = an_event("2", value=None, category="", label="", campaign="", customer="", metadata="{}")
    assert add(store, event, bare) == Added(stored=2)
    assert {key: event.metadata.replace(" ", "") for key, event in kept(store).items()} == {
        ("ann", "1"): '{"segment":"retail"}',
        ("ann", "2"): "{}",
    }
    plain = [(e.value, e.label, e.customer, e.category, e.campaign, e.occurred_at) for e in kept(store).values()]
    assert sorted(plain, key=str) == sorted(
        [(e.value, e.label, e.customer, e.category, e.campaign, e.occurred_at) for e in (event, bare)], key=str
    )


def test_one_request_is_one_batch_of_what_was_new_in_it(store):
    add(store, an_event("1"), an_event("2"))
    add(store, an_event("2"), an_event("3"), now=LATER)
    add(store, an_event("3"))
    assert store.batches == [("ann", NOON, 2), ("ann", LATER, 1)]
    batches = {key: batch for key, (_, batch) in store.events.items()}
    assert batches["ann", "1"] == batches["ann", "2"] != batches["ann", "3"]


def test_the_first_event_of_an_id_stays(store):
    assert add(store, an_event(label="first"), an_event(label="second")) == Added(stored=1, duplicates=1)
    assert add(store, an_event(label="third", minutes=-60 * 24 * 40)) == Added(duplicates=1)
    assert [event.label for event in kept(store).values()] == ["first"]
    assert (store.stale_minutes, store.stale_customers) == (set(), set())


def test_equal_ids_of_two_tenants_are_two_events(store):
    assert add(store, an_event(label="ann's")) == Added(stored=1)
    assert add(store, an_event(label="bob's"), tenant="bob") == Added(stored=1)
    assert add(store, an_event(label="changed"), tenant="bob", replace=True) == Added(replaced=1)
    assert {key: event.label for key, event in kept(store).items()} == {("ann", "1"): "ann's", ("bob", "1"): "changed"}
    assert {tenant for tenant, _ in store.stale_minutes | store.stale_customers} == {"bob"}


def test_a_corrected_event_keeps_its_batch_and_notes_what_it_made_stale(store):
    add(store, an_event("1", customer="old"), an_event("2"))
    before = store.events["ann", "1"][1]
    corrected = an_event("1", minutes=-60 * 24 * 40.5, customer="new", label="corrected")
    assert add(store, corrected, an_event("3"), now=LATER, replace=True) == Added(stored=1, replaced=1)
    event, batch = store.events["ann", "1"]
    assert (event.label, event.occurred_at, batch) == ("corrected", corrected.occurred_at, before)
    assert store.batches == [("ann", NOON, 2), ("ann", LATER, 1)]
    assert store.stale_minutes == {("ann", NOON), ("ann", corrected.occurred_at)}
    assert store.stale_customers == {("ann", "old"), ("ann", "new")}


def test_a_minute_is_stale_from_its_beginning_and_nobody_is_no_customer(store):
    add(store, an_event(minutes=0.9, customer=""))
    add(store, an_event(minutes=2.5, customer=""), replace=True)
    add(store, an_event(minutes=2.6, customer=""), replace=True)
    assert store.stale_minutes == {("ann", NOON), ("ann", NOON + timedelta(minutes=2))}
    assert store.stale_customers == set()


def test_with_replace_the_last_event_of_an_id_stays(store):
    assert add(store, an_event(label="1"), an_event(label="2"), replace=True) == Added(stored=1, replaced=1)
    assert (store.stale_minutes, store.stale_customers) == (set(), set())
    assert add(store, an_event(label="3"), an_event(label="4"), replace=True) == Added(replaced=2)
    assert [event.label for event in kept(store).values()] == ["4"]
    assert store.batches == [("ann", NOON, 1)]


def test_an_id_moves_with_its_event(store):
    add(store, an_event(minutes=0))
    add(store, an_event(minutes=60 * 24 * 40, label="later"), replace=True)
    add(store, an_event(minutes=-60 * 24 * 40, label="earlier"), replace=True)
    [event] = kept(store).values()
    assert (event.label, month_of(event.occurred_at)) == ("earlier", date(2026, 1, 1))


def test_an_id_may_hold_any_character(store):
    ids = ['"', "\\", "{}", ",", "null", " ", "\t\n\r", "\\N", "'", "%s", "é😀", "a" * 128]
    assert add(store, *map(an_event, ids)) == Added(stored=len(ids))
    assert add(store, *map(an_event, ids)) == Added(duplicates=len(ids))
    assert add(store, *(an_event(each, label="new") for each in ids), replace=True) == Added(replaced=len(ids))
    assert {event.id: event.label for event in kept(store).values()} == dict.fromkeys(ids, "new")


def test_nothing_is_added_of_nothing(store):
    assert add(store) == Added()
    assert store.batches == []


def test_months_are_made_once(store):
    assert store.make_months([MARCH, APRIL]) == 2
    assert store.make_months([APRIL, MARCH]) == 0
    add(store, an_event())
    assert store.make_months([date(2026, 5, 1)]) == 1


def test_a_month_that_is_forgotten_takes_its_ids_along(store):
    end = datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)
    add(store, an_event("old", minutes=0), an_event("last", minutes=(end - NOON) / timedelta(minutes=1)))
    add(store, an_event("new", minutes=60 * 24 * 31), tenant="bob")
    assert store.forget(before=datetime(2026, 4, 1, tzinfo=UTC)) == 1
    assert store.forget(before=datetime(2026, 4, 1, tzinfo=UTC)) == 0
    assert set(kept(store)) == {("bob", "new")}
    assert add(store, an_event("old", minutes=60 * 24 * 31)) == Added(stored=1)


def test_an_event_may_come_for_a_month_that_was_forgotten(store):
    add(store, an_event())
    assert store.forget(before=datetime(2026, 4, 1, tzinfo=UTC)) == 1
    assert add(store, an_event()) == Added(stored=1)


def test_a_month_is_kept_as_long_as_a_part_of_it_is(store):
    add(store, an_event())
    assert store.forget(before=datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) == 0
    assert set(kept(store)) == {("ann", "1")}
