"""Events in a real Postgres: many senders at once, connections that die, months that come and go."""

import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice

import psycopg
import pytest
from sqlalchemy import text

from exports_pipeline.adapters.event_partitions import EventPartitions
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.event import TEXT_LENGTHS as LENGTHS
from exports_pipeline.core.event_months import month_after
from exports_pipeline.core.event_store import Added
from exports_pipeline.usecases.ingest_events import ingest_events
from exports_pipeline_tests.event_rows import StoredEvents, an_event, without_events
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.journey.running_stack import wait_until

MARCH = date(2026, 3, 1)
A_MONTH = 60 * 24 * 31


@pytest.fixture
def store(engine, migrated):
    without_events(engine)
    yield StoredEvents(engine, migrated)
    without_events(engine)


def add(store, *events, tenant="ann", now=NOON, replace=False):
    return store.add(tenant, events, now=now, replace=replace)


def months(store):
    query = "SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE relkind = 'r' ORDER BY 1"
    return [name.removeprefix("analytics_events_") for (name,) in store.rows(query) if name.startswith("analytics")]


@pytest.mark.parametrize("replace", [False, True])
def test_senders_of_the_same_events_in_any_order_wait_for_each_other_and_never_die(store, replace):
    events = [an_event(str(place), minutes=-place * 300, customer=f"c{place % 7}") for place in range(300)]
    bodies = list(islice(cycle([events, events[::-1], events[150:] + events[:150]]), 24))
    with ThreadPoolExecutor(6) as senders:
        added = list(senders.map(lambda body: add(store, *body, replace=replace), bodies))
    assert sum(each.stored for each in added) == len(events)
    assert sum(each.replaced if replace else each.duplicates for each in added) == len(events) * 23
    assert len(store.events) == len(events) == sum(count for *_, count in store.batches)


def test_parts_of_the_same_events_are_stored_once_in_all(store):
    events = [an_event(str(place), minutes=-place) for place in range(200)]
    parts = [events[begin : begin + 50] for begin in range(0, 151, 10)]
    with ThreadPoolExecutor(6) as senders:
        added = list(senders.map(lambda part: add(store, *part), parts))
    assert sum(each.stored for each in added) == len(store.events) == 200


def test_a_connection_that_dies_leaves_nothing_and_the_next_request_is_fine(store, migrated):
    add(store, an_event("before"))
    with psycopg.connect(migrated, autocommit=True) as admin:
        with psycopg.connect(migrated) as blocker:
            blocker.execute("LOCK TABLE event_batches IN SHARE MODE")
            with ThreadPoolExecutor(1) as sender:
                failed = sender.submit(add, store, an_event("1"), an_event("2"))
                waiting = "SELECT pid FROM pg_locks WHERE relation = 'event_batches'::regclass AND NOT granted"
                while not (held := admin.execute(waiting).fetchone()):
                    time.sleep(0.01)
                admin.execute("SELECT pg_terminate_backend(%s)", held)
                with pytest.raises(LedgerUnavailable):
                    failed.result(20)
        assert set(store.events) == {("ann", "before")}
        assert add(store, an_event("1"), an_event("2")) == Added(stored=2)


def test_a_copy_that_breaks_leaves_no_id_behind(store):
    add(store, an_event("before"))
    with pytest.raises(psycopg.DataError):
        add(store, an_event("1"), an_event("2", metadata="no json"))
    assert set(store.events) == {("ann", "before")}
    assert len(store.batches) == 1


def test_a_month_is_made_once_by_many_at_once(store, engine):
    start = threading.Barrier(6)

    def make(_):
        start.wait()
        return EventPartitions(engine).make({MARCH, month_after(MARCH)})

    with ThreadPoolExecutor(6) as makers:
        assert sum(makers.map(make, range(6))) == 2
    assert months(store) == ["2026_03", "2026_04"]


def test_a_month_is_made_beside_those_who_read_and_write(store, migrated):
    add(store, an_event())
    with psycopg.connect(migrated) as reader, psycopg.connect(migrated) as writer:
        reader.execute("SELECT count(*) FROM analytics_events")
        writer.execute("UPDATE analytics_events SET label = ''")
        assert add(store, an_event("2", minutes=A_MONTH)) == Added(stored=1)
    assert months(store) == ["2026_03", "2026_04"]


def test_a_month_that_somebody_else_dropped_is_made_again(store, engine):
    add(store, an_event())
    PostgresEventStore(engine).forget(before=datetime(2026, 4, 1, tzinfo=UTC))
    assert months(store) == []
    assert add(store, an_event("2"), an_event("3", minutes=-A_MONTH)) == Added(stored=2)


def test_dropping_goes_on_where_it_was_stopped(store, engine):
    add(store, an_event("1"), an_event("2", minutes=A_MONTH), an_event("3", minutes=2 * A_MONTH))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ALTER TABLE analytics_events DETACH PARTITION analytics_events_2026_03 CONCURRENTLY"))
    assert store.forget(before=datetime(2026, 5, 1, tzinfo=UTC)) == 2
    assert months(store) == ["2026_05"]
    assert set(store.events) == {("ann", "3")}


def test_a_month_half_detached_is_finished_by_the_next_look(store, migrated):
    add(store, an_event("1"), an_event("2", minutes=A_MONTH))
    with psycopg.connect(migrated) as reader:
        reader.execute("SELECT count(*) FROM analytics_events")
        with pytest.raises(LedgerUnavailable):  # it waits for the reader, but not for ever
            store.forget(before=datetime(2026, 4, 1, tzinfo=UTC))
    wait_until(lambda: store.forget(before=datetime(2026, 4, 1, tzinfo=UTC)) == 1, within_s=20)
    assert (months(store), set(store.events)) == (["2026_04"], {("ann", "2")})


def test_ids_of_more_pages_than_are_deleted_at_once_all_go(store, engine):
    add(store, *(an_event(str(place)) for place in range(1_000)))
    add(store, an_event("kept", minutes=A_MONTH))
    partitions = EventPartitions(engine, pages_at_once=3)
    assert partitions.drop(before=datetime(2026, 4, 1, tzinfo=UTC)) == 1
    assert store.rows("SELECT id FROM event_ids") == [("kept",)]


def test_batches_that_were_rolled_up_go_with_their_time_and_others_stay(store, engine):
    for event_id, months_ago in (("1", 3), ("2", 2), ("3", 0)):
        add(store, an_event(event_id), now=NOON - timedelta(days=31 * months_ago))
    with engine.begin() as connection:
        connection.execute(text("UPDATE event_batches SET rolled_up_at = received_at WHERE id <> 2"))
    store.forget(before=NOON - timedelta(days=40))
    assert [batch_id for (batch_id,) in store.rows("SELECT id FROM event_batches ORDER BY id")] == [2, 3]


def test_a_repair_under_way_notices_that_a_minute_became_stale_again(store, migrated):
    """A repair that has not seen the correction must not be able to take its mark away."""
    add(store, an_event())
    add(store, an_event(label="1"), replace=True)
    with psycopg.connect(migrated) as repair:
        repair.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        repair.execute("SELECT count(*) FROM stale_minutes")
        add(store, an_event(label="2"), replace=True)
        with pytest.raises(psycopg.errors.SerializationFailure):
            repair.execute("DELETE FROM stale_minutes")


def test_texts_of_every_length_that_is_taken_fit_into_the_indexes(store):
    chosen = random.Random(7)  # noqa: S311 - texts that nothing can pack, not secrets
    lengths = {"tenant": 500, **LENGTHS}
    long = {name: "".join(chr(chosen.randrange(0x10000, 0x2FFFF)) for _ in range(lengths[name])) for name in lengths}
    tenant, event_id = long.pop("tenant"), long.pop("id")
    assert add(store, an_event(event_id, minutes=1, **long), tenant=tenant) == Added(stored=1)
    assert add(store, an_event(event_id, **long), tenant=tenant, replace=True) == Added(replaced=1)
    assert store.stale_customers == {(tenant, long["customer"])}


def test_strings_that_break_software_come_back_as_they_were(store, shared_data):
    naughty = json.loads((shared_data / "naughty_strings/blns.json").read_text(encoding="utf-8"))
    texts = [text for text in dict.fromkeys(naughty) if 0 < len(text) <= 100]
    bodies = [
        {"id": text, "event_type": text, "occurred_at": NOON.isoformat(), "label": text, "metadata": {text: [text]}}
        for text in texts
    ]
    told = ingest_events(enumerate(bodies), "'; DROP TABLE--\t\\", replace=False, ports=fake_ports(events=store))
    assert told.added == Added(stored=len(texts)), told.refusals
    for (_, name), (event, _) in store.events.items():
        assert (event.event_type, event.label, json.loads(event.metadata)) == (name, name, {name: [name]})


def test_a_database_that_is_away_is_told_as_such():
    engine = make_engine("postgresql://exports:none@127.0.0.1:1/exports")
    with pytest.raises(LedgerUnavailable):
        add(PostgresEventStore(engine), an_event())
    engine.dispose()
