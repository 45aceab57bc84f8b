"""The window of a job that is tried again by hand is open again, in memory and in Postgres."""

from datetime import timedelta
from uuid import uuid4

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.schedule import Window, WindowState
from exports_pipeline.core.schedule_store import Started
from exports_pipeline.core.scheduled_window import ScheduledWindow
from exports_pipeline_tests.builders import a_schedule, entry, new_job, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ledger import InMemoryLedger
from exports_pipeline_tests.fakes.schedules import InMemorySchedules

ANN = requester("ann")
LATER = NOON + timedelta(hours=1)


@pytest.fixture(params=["memory", "postgres"])
def stores(request):
    """Export jobs and schedules that belong together."""
    if request.param == "memory":
        jobs = InMemoryLedger()
        return jobs, InMemorySchedules(jobs)
    engine = request.getfixturevalue("engine")
    return PostgresJobStore(engine), PostgresScheduleStore(engine)


@pytest.fixture
def failed(stores):
    """A schedule, and its job that has failed as its window has."""
    jobs, schedules = stores
    schedule = a_schedule()
    schedules.add(schedule, ANN, entry(new_job()))
    window = Window(schedule_id=schedule.id, due_at=NOON, start_at=NOON)
    schedules.add_window(window, entry(new_job()))
    of = ScheduledWindow(schedule_id=schedule.id, name="Daily", due_at=NOON, timezone="UTC", part="csv")
    new = new_job(requester=ANN, schedule=of)
    job = jobs.add(new, entry(new))
    schedules.started([Started(schedule_id=schedule.id, due_at=NOON, job_ids=(job.id,), is_late=False)], now=NOON)
    jobs.fail(job.id, 1, QueryFailed(), now=NOON)
    schedules.settle(schedule.id, NOON, WindowState.FAILED, now=NOON, reason="It failed.")
    return schedule, job


def test_the_window_is_pending_until_the_job_has_ended(stores, failed):
    jobs, schedules = stores
    schedule, job = failed
    jobs.retry(job.id, now=LATER, audit=entry(new_job()))
    [window] = schedules.windows(schedule.id, limit=9)
    assert (window.state, window.reason, window.settled_at) == (WindowState.PENDING, None, NOON)
    assert schedules.ended(limit=9) == []
    jobs.fail(job.id, 2, QueryFailed(), now=LATER)
    assert jobs.get(job.id).status is Status.FAILED
    assert [found for _, found in schedules.ended(limit=9)] == [window]


def test_what_does_not_count_leaves_the_failures_as_they_are(stores, failed):
    jobs, schedules = stores
    schedule, job = failed
    for state in (WindowState.FAILED, WindowState.RAN):
        jobs.retry(job.id, now=LATER, audit=entry(new_job()))
        moved = schedules.settle(schedule.id, NOON, state, now=LATER, counts=False)
        jobs.fail(job.id, jobs.get(job.id).attempt, QueryFailed(), now=LATER)
        assert moved.failures_in_row == 1
    assert schedules.windows(schedule.id, limit=9)[0].settled_at == LATER


def test_a_window_that_ran_stays_as_it_is(stores, failed):
    jobs, schedules = stores
    schedule, job = failed
    jobs.retry(job.id, now=LATER, audit=entry(new_job()))
    schedules.settle(schedule.id, NOON, WindowState.RAN, now=LATER)
    jobs.fail(job.id, 2, QueryFailed(), now=LATER)
    jobs.retry(job.id, now=LATER, audit=entry(new_job()))
    assert schedules.windows(schedule.id, limit=9)[0].state is WindowState.RAN


def test_the_job_of_a_schedule_that_is_gone_is_tried_again_all_the_same(stores):
    jobs, _ = stores
    of = ScheduledWindow(schedule_id=uuid4(), name="Daily", due_at=NOON, timezone="UTC", part="csv")
    new = new_job(requester=ANN, schedule=of)
    job = jobs.add(new, entry(new))
    jobs.fail(job.id, 1, QueryFailed(), now=NOON)
    assert jobs.retry(job.id, now=LATER, audit=entry(new_job())).status is Status.PENDING
