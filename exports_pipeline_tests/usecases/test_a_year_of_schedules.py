"""A year of two hundred schedules in seconds, with daemons that die between any two calls, and outages of days.

The tick ledger is compared with what the expressions demand: no window is missing, none is there twice, and whoever was
to hear of one has heard once.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from exports_pipeline.core.cron import parse_cron
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.recurrence import windows
from exports_pipeline.core.schedule import CatchUp, WindowState, scheduled
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline_tests.builders import a_schedule, requester, stored_file
from exports_pipeline_tests.fakes.ports import fake_ports

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
DAYS = ["*", *["* * MON", "* * SUN", "1", "29-31 * FRI", "28"] * 3]
MINUTE = timedelta(minutes=1)
TO_NOBODY = {WindowState.SKIPPED, WindowState.FAILED}


class Died(BaseException):
    """The daemon is gone; no `except Exception` holds that up."""


class Mortal:
    """A port between whose calls a daemon may die: before one, or when it is done and nobody has heard of it."""

    def __init__(self, port, chance) -> None:
        self._port, self._chance = port, chance

    def __getattr__(self, name):
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*args, **more):
            self._perhaps_die()
            answer = found(*args, **more)
            self._perhaps_die()
            return answer

        return call

    def _perhaps_die(self):
        if self._chance.random() < 0.02:
            raise Died


def expression(chance):
    days = chance.choice(DAYS)
    fields = days.split() if " " in days else [days, "*", "*"]
    return f"{chance.randrange(60)} {chance.choice([2, chance.randrange(24)])} {' '.join(fields)}"


class Year:
    """Daemons and workers of one simulated year."""

    def __init__(self, seed) -> None:
        self.chance = Random(seed)  # noqa: S311 - the same fate at every run
        ports = fake_ports()
        ports.clock.now = SINCE
        self.ports = replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(minutes=5)))
        calls = ("schedules", "jobs", "users", "audit")
        self.mortal = replace(self.ports, **{name: Mortal(getattr(self.ports, name), self.chance) for name in calls})
        self.deaths, self.sent, self.jobs = 0, Counter(), Counter()
        self.schedules = [self._added(place) for place in range(200)]

    def _added(self, place):
        owner = requester(f"user {place % 20}")
        schedule = a_schedule(
            owner.owner_key,
            id=UUID(int=self.chance.getrandbits(128)),
            cron=expression(self.chance),
            timezone=self.chance.choice(ZONES),
            catch_up=self.chance.choice(list(CatchUp)),
            recipients=(Recipient(channel=Channel.TELEGRAM, address=str(place)),),
        )
        schedule = scheduled(schedule, now=SINCE, most_spread=timedelta(minutes=5))
        self.ports.schedules.add(schedule, owner, AuditEntry(at=SINCE, actor=owner.user_id, action="schedule.created"))
        return schedule

    def live_through(self):
        clock = self.ports.clock
        while clock.now < UNTIL:
            clock.now = max(clock.now + MINUTE, self._next_event())
            if self.chance.random() < 0.002:
                clock.now += timedelta(hours=self.chance.expovariate(1 / 30))  # nobody is there
            self._tick()
            self._work()
        for _ in range(12):  # the last windows end in peace
            clock.advance(180)
            enqueue_recurring(self.ports)
            self._work()
        enqueue_recurring(self.ports)

    def _next_event(self):
        store = self.ports.schedules
        turns = [each.next_due_at for each in store.schedules.values() if each.next_due_at]
        turns += [store.rows[key].start_at for key in store.open if store.rows[key].started_at is None]
        return min(turns, default=UNTIL)

    def _tick(self):
        for _ in range(self.chance.choice([1, 1, 2])):  # perhaps two daemons
            try:
                enqueue_recurring(self.mortal)
            except Died:
                self.deaths += 1

    def _work(self):
        ledger = self.ports.jobs
        for job in list(ledger.jobs.values()):
            if job.status is Status.PENDING:
                self._carry_out(job)
            elif all(window.state is not WindowState.PENDING for window in self._windows_of(job)):
                del ledger.jobs[job.id]  # so that a year takes seconds; who asks for it again fails

    def _windows_of(self, job):
        return [self.ports.schedules.rows[job.schedule.schedule_id, job.schedule.due_at]]

    def _carry_out(self, job):
        ledger, now = self.ports.jobs, self.ports.clock()
        window = (job.schedule.schedule_id, job.schedule.due_at)
        self.jobs[window] += 1
        if self.chance.random() < 0.03:
            ledger.fail(job.id, 1, QueryFailed(), now=now)
            return
        ledger.claim(job.id, 1, run_id="run", now=now)
        ledger.complete(job.id, 1, stored_file(), now=now, expires_at=now, recipients=job.recipients)
        self.sent[window] += 1


@pytest.mark.slow
def test_nothing_is_missed_and_nothing_comes_twice():
    check(Year(seed=1))


def check(year):
    year.live_through()
    rows = year.ports.schedules.rows
    states = Counter(window.state for window in rows.values())
    assert year.deaths > 200
    assert min(states[state] for state in set(WindowState) - {WindowState.PENDING}) > 50
    assert states[WindowState.PENDING] == 0
    for schedule in year.schedules:
        ends = year.ports.schedules.get(schedule.id).planned_until
        zone = ZoneInfo(schedule.timezone)
        expected = list(
            windows(parse_cron(schedule.cron), zone, after=SINCE, until=max(ends, UNTIL - timedelta(hours=3)))
        )
        mine = [rows[key] for key in sorted(rows) if key[0] == schedule.id]
        assert [window.due_at for window in mine] == expected
        if schedule.catch_up is CatchUp.ALL:
            assert all(window.state is not WindowState.SKIPPED for window in mine)
    for key, window in rows.items():
        assert year.sent[key] == (0 if window.state in TO_NOBODY else 1)
        assert year.jobs[key] == (0 if window.state is WindowState.SKIPPED else 1)
    assert set(year.jobs) <= set(rows)
