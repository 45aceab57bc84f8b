"""What every store of schedules and their windows keeps, the one in memory and the one in Postgres."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.errors import InternalError
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import CatchUp, Plan, ScheduleKind, Window, WindowState
from exports_pipeline.core.schedule_store import Started
from exports_pipeline.core.scheduled_window import Condition, ScheduledWindow
from exports_pipeline_tests.builders import a_schedule, entry, new_job, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ledger import InMemoryLedger
from exports_pipeline_tests.fakes.schedules import InMemorySchedules

MINUTE, LEASE = timedelta(minutes=1), timedelta(minutes=2)
ANN = requester("ann", "UNMASK")
NOTED = AuditEntry(at=NOON, actor=ANN.user_id, action="schedule.created")


class Stores:
    """Schedules, export jobs and users that belong together."""

    def __init__(self, request):
        if request.param == "memory":
            self.jobs = InMemoryLedger()
            self.users = self.jobs.users
            self.schedules = InMemorySchedules(self.jobs)
        else:
            engine = request.getfixturevalue("engine")
            self.jobs, self.users = PostgresJobStore(engine), PostgresUserStore(engine)
            self.schedules = PostgresScheduleStore(engine)

    def added(self, **changes):
        schedule = a_schedule(**changes)
        self.schedules.add(schedule, ANN, NOTED)
        return schedule

    def planned(self, **changes):
        """A schedule with a window at noon that is pending."""
        schedule = self.added(next_due_at=NOON, **changes)
        self.schedules.advance(now=NOON, limit=9, plan=at_noon)
        return schedule

    def started(self, schedule, *jobs):
        """The window at noon, at work on these jobs."""
        job_ids = tuple(job.id for job in jobs)
        started = Started(schedule_id=schedule.id, due_at=NOON, job_ids=job_ids, is_late=True, reason="one left out")
        self.schedules.started([started], now=NOON)

    def job(self):
        new = new_job(requester=ANN)
        return self.jobs.add(new, entry(new))

    def window(self, schedule):
        [window] = self.schedules.windows(schedule.id, limit=9)
        return window


@pytest.fixture(params=["memory", "postgres"])
def stores(request):
    return Stores(request)


def at_noon(schedule, *, turn=NOON + 60 * MINUTE):
    window = Window(schedule_id=schedule.id, due_at=NOON, start_at=NOON)
    return Plan(windows=(window,), planned_until=NOON, next_due_at=turn)


def test_a_schedule_comes_back_as_it_was_written(stores):
    schedule = stores.added(
        kind=ScheduleKind.REPORT,
        body={"template": "kpi", "params": {"a": [1, None]}},
        formats=("pdf", "xlsx"),
        recipients=(
            Recipient(channel=Channel.EMAIL, address="a@b.cz"),
            Recipient(channel=Channel.SFTP, destination_id=uuid4()),
        ),
        catch_up=CatchUp.ALL,
        condition=Condition.CHANGED,
        key=("day", "shop"),
        per_recipient=True,
        expires_at=NOON + 9 * MINUTE,
        paused_reason="because",
        next_due_at=NOON,
    )
    assert stores.schedules.get(schedule.id) == schedule
    assert stores.schedules.get(uuid4()) is None


def test_its_owner_is_known_with_the_rights_of_the_moment(stores):
    stores.added()
    assert stores.users.requester(ANN.user_id) == ANN
    assert stores.users.requester(uuid4()) is None


def test_nobody_knows_a_user_who_is_deactivated_until_that_is_taken_back(stores):
    stores.added()
    assert stores.users.set_active(ANN.user_id, is_active=False, at=NOON)
    assert stores.users.requester(ANN.user_id) is None
    stores.job()
    assert stores.users.requester(ANN.user_id) is None
    assert stores.users.set_active(ANN.user_id, is_active=True, at=NOON)
    assert stores.users.requester(ANN.user_id) == ANN
    assert not stores.users.set_active(uuid4(), is_active=False, at=NOON)


def test_a_page_is_newest_first_and_of_one_user(stores):
    mine = [stores.added(created_at=NOON + place * MINUTE) for place in range(3)]
    bob = requester("bob")
    stores.schedules.add(a_schedule(user_id=bob.user_id), bob, NOTED)
    first = stores.schedules.page(ANN.user_id, limit=2)
    assert first == [mine[2], mine[1]]
    assert stores.schedules.page(ANN.user_id, limit=2, before=(mine[1].created_at, mine[1].id)) == [mine[0]]
    assert len(stores.schedules.page(None, limit=9)) == 4


def test_a_change_writes_the_schedule_and_the_windows_it_gives_up(stores):
    schedule = stores.added()
    window = Window(
        schedule_id=schedule.id,
        due_at=NOON,
        state=WindowState.SKIPPED,
        reason="changed",
        start_at=NOON,
        settled_at=NOON,
    )
    changed = stores.schedules.change(schedule.id, lambda each: (replace(each, name="new"), [window]), NOTED)
    assert changed == stores.schedules.get(schedule.id) == replace(schedule, name="new")
    assert stores.window(schedule) == window
    assert stores.schedules.change(uuid4(), lambda each: (each, []), NOTED) is None


def test_a_change_that_raises_changes_nothing(stores):
    schedule = stores.added()

    def refuse(_schedule):
        raise InternalError

    with pytest.raises(InternalError):
        stores.schedules.change(schedule.id, refuse, NOTED)
    assert stores.schedules.get(schedule.id) == schedule


def test_a_deleted_schedule_takes_its_windows_along(stores):
    schedule = stores.planned()
    assert stores.schedules.delete(schedule.id, NOTED)
    assert not stores.schedules.delete(schedule.id, NOTED)
    assert stores.schedules.windows(schedule.id, limit=9) == []
    assert stores.schedules.reserve(now=NOON, lease=LEASE, limit=9) == []


def test_only_what_is_active_and_due_is_planned_longest_overdue_first(stores):
    late, due = (stores.added(next_due_at=NOON - minutes * MINUTE) for minutes in (2, 0))
    for changes in ({"next_due_at": NOON + MINUTE}, {"next_due_at": None}, {"next_due_at": NOON, "is_active": False}):
        stores.added(**changes)
    seen = []

    def plan(schedule):
        seen.append(schedule.id)
        return at_noon(schedule)

    for _ in range(3):
        stores.schedules.advance(now=NOON, limit=1, plan=plan)
    assert seen == [late.id, due.id]
    moved = stores.schedules.get(due.id)
    assert (moved.planned_until, moved.next_due_at) == (NOON, NOON + 60 * MINUTE)


def test_a_window_that_is_there_stays_as_it_is(stores):
    schedule = stores.planned()
    job = stores.job()
    stores.started(schedule, job)
    stores.schedules.change(schedule.id, lambda each: (replace(each, next_due_at=NOON), []), NOTED)
    stores.schedules.advance(now=NOON, limit=9, plan=at_noon)
    window = stores.window(schedule)
    assert (window.job_ids, window.is_late, window.reason, window.started_at) == ((job.id,), True, "one left out", NOON)


def test_a_reserved_window_is_nobody_elses_until_the_lease_ends(stores):
    schedule = stores.planned()
    [(seen, window)] = stores.schedules.reserve(now=NOON, lease=LEASE, limit=9)
    assert (seen.id, window.due_at, window.state) == (schedule.id, NOON, WindowState.PENDING)
    assert stores.schedules.reserve(now=NOON + MINUTE, lease=LEASE, limit=9) == []
    assert len(stores.schedules.reserve(now=NOON + LEASE, lease=LEASE, limit=9)) == 1


def test_a_postponed_window_waits_for_its_time(stores):
    stores.planned()
    [(_, window)] = stores.schedules.reserve(now=NOON, lease=LEASE, limit=9)
    stores.schedules.postpone([window], start_at=NOON + 9 * MINUTE)
    assert stores.schedules.reserve(now=NOON + 8 * MINUTE, lease=LEASE, limit=9) == []
    assert len(stores.schedules.reserve(now=NOON + 9 * MINUTE, lease=LEASE, limit=9)) == 1


def test_the_windows_of_one_schedule_may_be_reserved_alone(stores):
    stores.planned()
    wanted = stores.planned()
    found = stores.schedules.reserve(now=NOON, lease=LEASE, limit=9, schedule_id=wanted.id)
    assert [schedule.id for schedule, _ in found] == [wanted.id]


def test_a_started_window_is_reserved_no_more(stores):
    schedule = stores.planned()
    stores.started(schedule, stores.job())
    assert stores.schedules.reserve(now=NOON + 9 * MINUTE, lease=LEASE, limit=9) == []


def test_a_window_has_ended_when_all_of_its_jobs_have(stores):
    schedule = stores.planned()
    jobs = [stores.job(), stores.job()]
    stores.started(schedule, *jobs)
    for job in jobs:
        assert stores.schedules.ended(limit=9) == []
        stores.jobs.fail(job.id, 1, InternalError(), now=NOON)
    [(seen, window)] = stores.schedules.ended(limit=9)
    assert (seen.id, window.job_ids) == (schedule.id, tuple(job.id for job in jobs))


def test_a_window_is_settled_once_and_failures_in_a_row_are_counted(stores):
    schedule = stores.planned()
    settle = stores.schedules.settle
    assert settle(schedule.id, NOON, WindowState.FAILED, now=NOON, reason="broken").failures_in_row == 1
    assert settle(schedule.id, NOON, WindowState.RAN, now=NOON) is None
    window = stores.window(schedule)
    assert (window.state, window.reason, window.settled_at) == (WindowState.FAILED, "broken", NOON)
    counts = []
    for minutes, state in enumerate([WindowState.FAILED, WindowState.SKIPPED, WindowState.LATE], 1):
        due_at = NOON + minutes * MINUTE
        stores.schedules.add_window(Window(schedule_id=schedule.id, due_at=due_at, start_at=NOON, by_hand=True), NOTED)
        counts.append(settle(schedule.id, due_at, state, now=NOON).failures_in_row)
    assert counts == [2, 2, 0]


def test_a_reason_of_the_start_stays_where_the_end_has_none(stores):
    schedule = stores.planned()
    stores.started(schedule)
    stores.schedules.settle(schedule.id, NOON, WindowState.RAN, now=NOON)
    assert stores.window(schedule).reason == "one left out"


def test_a_settlement_may_stop_the_schedule(stores):
    schedule = stores.planned()
    stopped = stores.schedules.settle(schedule.id, NOON, WindowState.FAILED, now=NOON, stop="no rights")
    assert (stopped.is_active, stopped.paused_reason, stopped.next_due_at) == (False, "no rights", None)


def test_what_a_part_was_is_found_at_later_windows_only(stores):
    schedule = stores.planned()
    later = NOON + MINUTE
    note, previous = stores.schedules.note, stores.schedules.previous_digest
    note(schedule.id, NOON, "csv", digest="a", withheld="no rows")
    assert previous(schedule.id, "csv", before=NOON) is None
    assert previous(schedule.id, "csv", before=later) == "a"
    assert previous(schedule.id, "pdf", before=later) is None
    assert stores.window(schedule).withheld == {"csv": "no rows"}
    note(schedule.id, NOON, "csv", digest="b", withheld=None)
    assert (stores.window(schedule).withheld, previous(schedule.id, "csv", before=later)) == ({}, "b")


def test_the_tick_ledger_is_newest_first(stores):
    schedule = stores.added()
    for minutes in range(4):
        due_at = NOON + minutes * MINUTE
        stores.schedules.add_window(Window(schedule_id=schedule.id, due_at=due_at, start_at=NOON), NOTED)
    found = stores.schedules.windows(schedule.id, limit=2, before=NOON + 3 * MINUTE)
    assert [(window.due_at - NOON) / MINUTE for window in found] == [2, 1]


def test_the_newest_windows_of_several_schedules_are_read_at_once(stores):
    one, other = stores.added(), stores.added()
    for of, at in ((one, NOON), (one, NOON + MINUTE), (one, NOON + 2 * MINUTE), (other, NOON)):
        stores.schedules.add_window(Window(schedule_id=of.id, due_at=at, start_at=at), NOTED)
    found = stores.schedules.latest_windows([one.id, other.id, stores.added().id], limit=2)
    told = {key: [each.due_at - NOON for each in windows] for key, windows in found.items()}
    assert told == {one.id: [2 * MINUTE, MINUTE], other.id: [0 * MINUTE]}


def test_a_job_remembers_the_window_it_runs_for(stores):
    window = ScheduledWindow(
        schedule_id=uuid4(),
        name="Daily",
        due_at=NOON,
        timezone="Europe/Prague",
        condition=Condition.CHANGED,
        key=("day",),
        part="csv",
    )
    new = new_job(requester=ANN, schedule=window)
    assert stores.jobs.add(new, entry(new)).schedule == stores.jobs.get(new.id).schedule == window
