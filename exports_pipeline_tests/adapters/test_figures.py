"""Figures of the real ledger: totals that never fall, and how things stand now."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from exports_pipeline.adapters.figures import PostgresFigures
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.outbox import PostgresOutbox
from exports_pipeline.core.delivery import DeliveryState
from exports_pipeline.core.errors import DeliveryRefused, LedgerUnavailable, QueryFailed
from exports_pipeline.core.figures import SECONDS_BUCKETS, DeliveryTotal, JobTotal
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline_tests.builders import entry, new_job, stored_file
from exports_pipeline_tests.fakes.clock import NOON

CHAT = Recipient(channel=Channel.TELEGRAM, address="7")


@pytest.fixture
def store(engine):
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE job_totals, delivery_totals, seconds_totals"))
    return PostgresJobStore(engine)


@pytest.fixture
def figures(engine, store):
    return PostgresFigures(engine)


def add(store, **changes):
    new = new_job(**changes)
    return store.add(new, entry(new))


def begin(store, job, *, waited_s=0.0):
    store.claim(job.id, job.attempt, run_id="r", now=NOON + timedelta(seconds=waited_s))


def complete(store, *, waited_s=0.0, took_s=0.0, recipients=(), **changes):
    job = add(store, **changes)
    begin(store, job, waited_s=waited_s)
    ended_at = NOON + timedelta(seconds=waited_s + took_s)
    store.complete(job.id, 1, stored_file(), now=ended_at, expires_at=NOON, recipients=recipients)
    return job


def total(**changes):
    values = {"dataset": "sales", "format": "csv", "status": "completed", "error_code": "", "jobs": 1}
    return JobTotal(**values | {"rows": 0, "bytes": 0} | changes)


def test_an_empty_ledger_has_nothing_to_tell(figures):
    found = figures.read()
    assert (found.pending, found.running, found.oldest_due_at, found.oldest_delivery_at) == (0, 0, None, None)
    assert (found.jobs, found.deliveries, found.seconds) == ((), (), ())


def test_jobs_that_ended_are_counted_by_what_became_of_them(store, figures):
    complete(store)
    complete(store)
    failed = add(store, dataset="trips")
    store.fail(failed.id, 1, QueryFailed(), now=NOON)
    cancelled = add(store)
    store.cancel(cancelled.id, now=NOON, audit=entry(cancelled))
    assert set(figures.read().jobs) == {
        total(jobs=2, rows=6, bytes=84),
        total(dataset="trips", status="failed", error_code="query_failed"),
        total(status="cancelled"),
    }


def test_totals_do_not_fall_when_rows_are_deleted_or_jobs_retried(store, figures, engine):
    complete(store)
    failed = add(store)
    store.fail(failed.id, 1, QueryFailed(), now=NOON)
    before = set(figures.read().jobs)
    store.retry(failed.id, now=NOON, audit=entry(failed))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM export_jobs WHERE status = 'completed'"))
    assert set(figures.read().jobs) == before


def test_seconds_in_queue_and_running_are_counted_by_bucket(store, figures):
    complete(store, waited_s=0.2, took_s=4)
    complete(store, waited_s=0.25, took_s=7200)
    found = {(each.phase, each.up_to): (each.events, each.seconds) for each in figures.read().seconds}
    assert found[("queue", 0.25)] == (2, pytest.approx(0.45))
    assert found[("run", 5.0)] == (1, 4.0)
    assert found[("run", float("inf"))] == (1, 7200.0)
    assert {up_to for _, up_to in found} <= set(SECONDS_BUCKETS)


def test_every_bucket_of_the_code_is_one_of_the_ledger(figures, engine):
    with engine.begin() as connection:
        for bound in SECONDS_BUCKETS[:-1]:
            connection.execute(text("SELECT count_seconds('run', 'csv', :s * interval '1 second')"), {"s": bound})
        connection.execute(text("SELECT count_seconds('run', 'csv', interval '3601 seconds')"))
    assert tuple(each.up_to for each in figures.read().seconds) == SECONDS_BUCKETS


def test_a_job_cancelled_before_it_began_says_nothing_of_seconds(store, figures):
    job = add(store)
    store.cancel(job.id, now=NOON, audit=entry(job))
    assert figures.read().seconds == ()


def test_what_waits_and_what_runs_is_told_with_its_age(store, figures):
    first, second, third = (add(store, minutes=minutes) for minutes in (0, 1, 2))
    store.reserve(slots=2, now=NOON + timedelta(minutes=5))
    begin(store, first, waited_s=300)
    found = figures.read()
    assert (found.pending, found.running, found.slots_taken) == (2, 1, 2)
    assert found.oldest_due_at == second.due_at < third.due_at
    assert found.oldest_heartbeat_at == NOON + timedelta(minutes=5)


def test_deliveries_are_told_with_their_lag_until_they_end(store, figures, engine):
    outbox = PostgresOutbox(engine)
    complete(store, recipients=[CHAT])
    complete(store, took_s=3, recipients=[CHAT])
    found = figures.read()
    assert (found.deliveries_waiting, found.oldest_delivery_at) == (2, NOON)
    ended_at = NOON + timedelta(seconds=20)
    one, other = outbox.reserve(job_id=None, now=ended_at, lease=timedelta(minutes=1))
    outbox.sent(one, receipt="r", now=ended_at)
    outbox.failed(other, DeliveryRefused(), now=ended_at)
    found = figures.read()
    assert (found.deliveries_waiting, found.oldest_delivery_at) == (0, None)
    assert set(found.deliveries) == {
        DeliveryTotal(channel="telegram", state=DeliveryState.SENT, deliveries=1),
        DeliveryTotal(channel="telegram", state=DeliveryState.FAILED, deliveries=1),
    }
    assert [each.up_to for each in found.seconds if each.phase == "delivery"] == [30.0]


def test_only_so_many_names_of_datasets_are_told_apart(store, figures, engine):
    insert = "INSERT INTO job_totals SELECT 'd' || n, 'csv', 'completed', '', 1, 1, 1 FROM generate_series(1, 200) AS n"
    with engine.begin() as connection:
        connection.execute(text(insert))
    complete(store, dataset="one_too_many")
    complete(store, dataset="d7")
    found = {each.dataset: each.jobs for each in figures.read().jobs}
    assert ("one_too_many" in found, found["(other)"], found["d7"]) == (False, 1, 2)


def test_a_ledger_that_does_not_answer_in_time_is_away(figures, engine):
    with engine.begin() as other:
        other.execute(text("LOCK TABLE job_totals IN ACCESS EXCLUSIVE MODE"))
        started = time.monotonic()
        with pytest.raises(LedgerUnavailable):
            figures.read()
    assert time.monotonic() - started < 10
