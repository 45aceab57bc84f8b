"""Two daemons at once on a real Postgres: every window has its jobs once, whoever comes first."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.adapters.tables import deliveries
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.ledger import AuditEntry, Page
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import Window, WindowState, plan, scheduled
from exports_pipeline.usecases.dispatch_exports import reserve
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import a_schedule, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")
NOTED = AuditEntry(at=NOON, actor=ANN.user_id, action="schedule.created")


@pytest.fixture
def ports(engine):
    ports = fake_ports()
    return replace(
        ports,
        jobs=PostgresJobStore(engine),
        users=PostgresUserStore(engine),
        schedules=PostgresScheduleStore(engine),
        audit=PostgresAuditLog(engine),
        limits=replace(ports.limits, slots=1000, schedule_spread=timedelta(0)),
    )


def added(ports, **changes):
    recipients = (Recipient(channel=Channel.TELEGRAM, address="42"),)
    schedule = scheduled(a_schedule(recipients=recipients, **changes), now=NOON, most_spread=timedelta(0))
    ports.schedules.add(schedule, ANN, NOTED)
    return schedule


def test_daemons_that_tick_together_never_send_twice(ports, engine):
    schedules = [added(ports, cron="0 * * * *") for _ in range(12)]
    for _ in range(2):
        ports.clock.advance(3600)
        with ThreadPoolExecutor(4) as daemons:
            list(daemons.map(lambda _: enqueue_recurring(ports), range(8)))
        for job in reserve(ports):
            run_export(job.id, job.attempt, run_id="run", ports=ports)
    enqueue_recurring(ports)
    for schedule in schedules:
        states = [window.state for window in ports.schedules.windows(schedule.id, limit=9)]
        assert states == [WindowState.RAN] * 2
    assert len(ports.jobs.page(None, Page(limit=200))) == 24
    with engine.begin() as connection:
        sent = connection.execute(select(deliveries.c.job_id, func.count()).group_by(deliveries.c.job_id)).all()
    assert Counter(count for _, count in sent) == {1: 24}


def test_daemons_that_start_the_same_window_make_one_job(ports):
    """As when the lease of the first has run out while it was still at work."""
    added(ports, cron="0 * * * *")
    ports.clock.advance(3600)
    eager = replace(ports, schedules=Unleased(ports.schedules))
    with ThreadPoolExecutor(8) as daemons:
        list(daemons.map(lambda _: enqueue_recurring(eager), range(16)))
    assert len(ports.jobs.page(None, Page())) == 1


class Unleased:
    """Schedules whose windows are anybody's at any time."""

    def __init__(self, store) -> None:
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def reserve(self, *, now, lease, limit, schedule_id=None):
        return self._store.reserve(now=now, lease=timedelta(0), limit=limit, schedule_id=schedule_id)


def test_a_plan_that_fails_leaves_no_window_behind(ports):
    first, second = added(ports, cron="0 * * * *"), added(ports, cron="0 * * * *")
    now = ports.clock.advance(3600)

    def die_at_the_second(schedule):
        if schedule.id != seen.setdefault("first", schedule.id):
            raise ZeroDivisionError
        return plan(schedule, now=now, most_spread=timedelta(0))

    seen = {}
    with pytest.raises(ZeroDivisionError):
        ports.schedules.advance(now=now, limit=9, plan=die_at_the_second)
    assert ports.schedules.windows(first.id, limit=9) == ports.schedules.windows(second.id, limit=9) == []
    assert enqueue_recurring(ports).due == 2


def test_an_edit_that_waits_for_a_tick_loses_no_window(ports):
    """Both want the same row; whoever comes second sees what the first has made of it."""
    schedule = added(ports, cron="0 * * * *")
    now = ports.clock.advance(3600)

    def rename(each):
        return replace(each, name="new"), [Window(schedule_id=each.id, due_at=now, start_at=now)]

    with ThreadPoolExecutor(4) as threads:
        ticks = [threads.submit(enqueue_recurring, ports) for _ in range(4)]
        edits = [threads.submit(ports.schedules.change, schedule.id, rename, NOTED) for _ in range(4)]
        for each in (*ticks, *edits):
            each.result()
    enqueue_recurring(ports)
    assert len(ports.schedules.windows(schedule.id, limit=9)) == 1
    assert len(ports.jobs.page(None, Page())) == 1
