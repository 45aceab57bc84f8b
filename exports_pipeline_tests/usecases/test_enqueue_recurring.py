"""Windows become jobs with the rights of the moment, and are settled when these end."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from exports_pipeline.core.errors import LedgerUnavailable, QueryFailed
from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import CatchUp, WindowState
from exports_pipeline.core.scheduled_window import Condition
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.ticking import ANN, CHAT, DAY, added, run_all, ticked, windows

BOB = requester("bob")
OPERATORS = Recipient(channel=Channel.SLACK, address="C0123456789")


@pytest.fixture
def ports():
    ports = fake_ports()
    return replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(0)), operators=OPERATORS)


def notices(ports):
    """How many notices of each kind the operators get."""
    told = [each for each in ports.jobs.deliveries.values() if each.recipient == OPERATORS]
    return Counter(str(each.kind) for each in told)


def addresses(ports):
    return [each.recipient.address for each in ports.jobs.deliveries.values() if each.kind == "result"]


def test_a_window_becomes_a_job_that_knows_it(ports):
    schedule = added(ports)
    assert enqueue_recurring(ports).in_words == "0 due, 0 late, 0 skipped, 0 failed"
    assert ticked(ports) == "1 due, 0 late, 0 skipped, 0 failed"
    [job] = ports.jobs.jobs.values()
    assert (job.triggered_by, job.export_type, job.recipients) == ("schedule", "scheduled", (CHAT,))
    assert job.schedule.idempotency_key == f"schedule:{schedule.id}:2026-03-02T12:00:00Z"
    assert (job.schedule.schedule_id, job.schedule.due_at) == (schedule.id, NOON + DAY)
    assert ports.audit.audit[-1].details["schedule"] == str(schedule.id)
    run_all(ports)
    assert windows(ports, schedule) == [(WindowState.RAN, None)]
    assert addresses(ports) == ["42"]


def test_a_second_tick_makes_no_second_job(ports):
    added(ports)
    ticked(ports)
    assert ticked(ports, days=0) == "0 due, 0 late, 0 skipped, 0 failed"
    assert len(ports.jobs.jobs) == 1


def test_several_formats_are_several_jobs_each_with_the_options_it_takes(ports):
    schedule = added(ports, formats=("csv", "parquet"), body={"dataset_id": "sales", "options": {"bom": True}})
    ticked(ports)
    jobs = {job.format: job for job in ports.jobs.jobs.values()}
    assert (jobs["csv"].options.bom, jobs["parquet"].options.bom) == (True, False)
    keys = {job.schedule.idempotency_key.rpartition(":")[2] for job in jobs.values()}
    assert keys == {"csv", "parquet"}
    run_all(ports)
    assert windows(ports, schedule) == [(WindowState.RAN, None)]


def test_a_period_is_that_of_the_window_in_the_schedules_zone_also_when_it_runs_late(ports):
    body = {"dataset_id": "sales", "period": "yesterday"}
    added(ports, body=body, timezone="Pacific/Kiritimati", cron="0 1 * * *", catch_up=CatchUp.ALL)  # UTC+14
    ticked(ports, days=2)
    days = sorted((job.filters.start_date, job.filters.end_date) for job in ports.jobs.jobs.values())
    assert days == [(date(2026, 3, 2), date(2026, 3, 2)), (date(2026, 3, 3), date(2026, 3, 3))]
    assert {job.options.timezone for job in ports.jobs.jobs.values()} == {"Pacific/Kiritimati"}


def test_it_runs_with_the_rights_its_owner_has_now(ports):
    schedule = added(ports, replace(ANN, permissions=requester("x", "EXPORT_ALL").permissions))
    ports.users.seen(ANN, at=NOON)
    ticked(ports)
    [job] = ports.jobs.jobs.values()
    assert job.requester == ANN
    assert windows(ports, schedule) == [(WindowState.PENDING, None)]


def test_an_owner_who_is_deactivated_stops_the_schedule_with_a_notice(ports):
    schedule = added(ports)
    ports.users.set_active(ANN.user_id, is_active=False, at=NOON)
    assert ticked(ports) == "1 due, 0 late, 0 skipped, 1 failed"
    [(state, reason)] = windows(ports, schedule)
    assert (state, "deactivated" in reason) == (WindowState.FAILED, True)
    stopped = ports.schedules.get(schedule.id)
    assert (stopped.is_active, stopped.paused_reason) == (False, reason)
    assert notices(ports) == {"schedule_stopped": 1}
    assert ticked(ports, days=3) == "0 due, 0 late, 0 skipped, 0 failed"
    assert ports.jobs.jobs == {}


def test_an_owner_who_lost_the_right_to_the_dataset_stops_the_schedule(ports):
    schedule = added(ports, requester("ann", "EXPORT_ALL"), body={"dataset_id": "payroll"})
    ports.users.seen(ANN, at=NOON)
    ticked(ports)
    assert not ports.schedules.get(schedule.id).is_active
    assert notices(ports) == {"schedule_stopped": 1}


def test_a_column_that_is_gone_fails_the_window_and_says_which(ports):
    schedule = added(ports, body={"dataset_id": "sales", "columns": ["gone"]})
    ticked(ports)
    assert windows(ports, schedule) == [(WindowState.FAILED, "Dataset sales has no column 'gone'.")]
    assert ports.schedules.get(schedule.id).is_active
    assert notices(ports) == {"job_failed": 1}


def test_ten_failures_in_a_row_pause_the_schedule_and_only_the_first_is_told(ports):
    schedule = added(ports)
    for _ in range(10):
        ticked(ports)
        run_all(ports, QueryFailed())
    assert notices(ports) == {"job_failed": 1, "schedule_paused": 1}
    paused = ports.schedules.get(schedule.id)
    assert (paused.is_active, paused.paused_reason) == (False, "10 windows in a row have failed.")
    assert ticked(ports) == "0 due, 0 late, 0 skipped, 0 failed"


def test_a_recovery_is_told_once(ports):
    added(ports)
    for error in (None, QueryFailed(), QueryFailed(), None, None):
        ticked(ports)
        run_all(ports, error)
    assert notices(ports) == {"job_failed": 1, "job_recovered": 1}


def test_attempts_that_are_tried_again_are_no_failure(ports):
    schedule = added(ports)
    ticked(ports)
    [job] = ports.jobs.jobs.values()
    ports.jobs.requeue(job.id, 1, QueryFailed(), due_at=ports.clock(), forgive=False)
    enqueue_recurring(ports)
    assert (windows(ports, schedule), notices(ports)) == ([(WindowState.PENDING, None)], {})


def test_a_full_queue_delays_a_window_and_loses_none(ports):
    ports = replace(ports, limits=replace(ports.limits, queue=QueueLimits(per_user=1, total=1)))
    schedules = [added(ports) for _ in range(2)]
    assert ticked(ports) == "2 due, 0 late, 0 skipped, 0 failed, 1 waiting for a place in the queue"
    run_all(ports)
    ports.clock.advance(90)
    assert enqueue_recurring(ports).late == 1
    run_all(ports)
    assert sorted(windows(ports, each)[0][0] for each in schedules) == [WindowState.LATE, WindowState.RAN]


def test_a_cancelled_job_skips_its_window(ports):
    schedule = added(ports)
    ticked(ports)
    [job] = ports.jobs.jobs.values()
    cancel_export(job.id, ANN, ports=ports)
    enqueue_recurring(ports)
    assert windows(ports, schedule) == [(WindowState.SKIPPED, "Cancelled.")]


def test_no_rows_are_sent_to_nobody_where_that_is_the_condition(ports):
    schedule = added(ports, condition=Condition.NOT_EMPTY)
    rows = ports.warehouse.rows_by_dataset
    for kept in ([], rows["sales"]):
        rows["sales"] = kept
        ticked(ports)
        run_all(ports)
    assert windows(ports, schedule) == [(WindowState.SKIPPED, "No rows."), (WindowState.RAN, None)]
    assert addresses(ports) == ["42"]


def test_what_has_not_changed_is_sent_to_nobody_where_that_is_the_condition(ports):
    ports.users.chats[ANN.user_id] = "7"
    schedule = added(ports, condition=Condition.CHANGED)
    for amount in ("1.00", "1.00", "2.00"):
        ports.warehouse.rows_by_dataset["sales"][0]["amount"] = amount
        ticked(ports)
        run_all(ports)
    assert windows(ports, schedule) == [
        (WindowState.RAN, None),
        (WindowState.SKIPPED, "Nothing has changed."),
        (WindowState.RAN, None),
    ]
    assert sorted(addresses(ports)) == ["42", "42", "7", "7"]


def people(*users):
    return tuple(Recipient(channel=Channel.TELEGRAM, address=str(each.user_id)) for each in users)


def test_people_get_what_their_own_rights_show_and_equal_rights_share_a_job(ports):
    twin = replace(requester("twin"), owner_key="bob")
    for each in (BOB, twin):
        ports.users.seen(each, at=NOON)
    schedule = added(ports, per_recipient=True, recipients=(CHAT, *people(ANN, BOB, twin)))
    ticked(ports)
    run_all(ports)
    rows = {job.requester.owner_key: (job.result.row_count, len(job.recipients)) for job in ports.jobs.jobs.values()}
    assert rows == {"ann": (3, 2), "bob": (2, 2)}
    assert windows(ports, schedule) == [(WindowState.RAN, None)]


def test_a_person_who_left_is_left_out_and_the_others_get_theirs(ports):
    ports.users.seen(BOB, at=NOON)
    schedule = added(ports, per_recipient=True, recipients=people(ANN, BOB))
    ports.users.set_active(BOB.user_id, is_active=False, at=NOON)
    ticked(ports)
    run_all(ports)
    [(state, reason)] = windows(ports, schedule)
    assert state is WindowState.RAN
    assert reason.startswith(f"Left out: {BOB.user_id}")


def test_where_nobody_is_left_the_window_fails(ports):
    schedule = added(ports, per_recipient=True, recipients=people(BOB))
    ticked(ports)
    assert windows(ports, schedule)[0][0] is WindowState.FAILED


def test_after_an_outage_all_that_was_missed_comes_spread_out(ports):
    added(ports, cron="0 * * * *", catch_up=CatchUp.ALL)
    ports.clock.now += DAY / 2 + timedelta(minutes=1)
    asked = []
    for _ in range(4):
        before = len(ports.jobs.jobs)
        enqueue_recurring(ports)
        asked.append(len(ports.jobs.jobs) - before)
        ports.clock.advance(60)
    assert asked == [6, 5, 1, 0]  # the last one came due just now
    assert all(window.is_late for window in ports.schedules.rows.values() if window.due_at < NOON + DAY / 2)


def test_a_database_that_is_away_leaves_everything_to_a_later_tick(ports):
    schedule = added(ports)
    ports.jobs.is_away = True
    with pytest.raises(LedgerUnavailable):
        ticked(ports)
    ports.jobs.is_away = False
    ports.clock.advance(180)
    enqueue_recurring(ports)
    assert len(ports.jobs.jobs) == 1
    run_all(ports)
    assert windows(ports, schedule) == [(WindowState.LATE, None)]


def test_a_change_of_the_body_after_a_crash_makes_no_second_job(ports):
    schedule = added(ports, body={"dataset_id": "sales", "start_date": "2026-01-01"})
    note = ports.schedules.started
    ports.schedules.started = lambda *_args, **_more: (_ for _ in ()).throw(LedgerUnavailable)
    with pytest.raises(LedgerUnavailable):
        ticked(ports)
    ports.schedules.started = note
    edited = replace(ports.schedules.get(schedule.id), body={"dataset_id": "sales", "start_date": "2026-01-02"})
    ports.schedules.change(schedule.id, lambda _: (edited, []), ports.audit.audit[0])
    ports.clock.advance(180)
    enqueue_recurring(ports)
    [job] = ports.jobs.jobs.values()
    assert job.filters.start_date == date(2026, 1, 1)
    [window] = ports.schedules.windows(schedule.id, limit=9)
    assert window.job_ids == (job.id,)
