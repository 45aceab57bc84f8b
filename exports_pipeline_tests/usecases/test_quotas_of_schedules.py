"""Windows of schedules obey the quotas of their owners, and say so when they do not run."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.quota import Quotas
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import WindowState
from exports_pipeline.usecases.check_quota import check_quota_of_window
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline_tests.builders import entry, new_job, requester
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.ticking import added, run_all, ticked, windows

OPERATORS = Recipient(channel=Channel.SLACK, address="C0123456789")


@pytest.fixture
def ports():
    found = fake_ports(operators=OPERATORS)
    quotas = Quotas(users={user_id("ann"): {"jobs": 1}, user_id("bob"): {"rows": 1}})
    return replace(found, limits=replace(found.limits, schedule_spread=timedelta(0), quotas=quotas))


def test_a_window_that_is_beyond_the_quota_fails_with_the_reason_and_a_notice(ports):
    first, second = added(ports), added(ports)
    assert ticked(ports) == "2 due, 0 late, 0 skipped, 1 failed"
    run_all(ports)
    found = [windows(ports, each)[-1] for each in (first, second)]
    assert sorted(state for state, _ in found) == [WindowState.FAILED, WindowState.RAN]
    (reason,) = (reason for state, reason in found if state is WindowState.FAILED)
    assert reason.startswith("You may export 1 jobs a day")
    (notice,) = (each for each in ports.jobs.deliveries.values() if each.recipient == OPERATORS)
    assert (notice.kind, notice.about["reason"]) == ("job_failed", reason)
    assert [each.outcome for each in ports.audit.audit if each.action == "quota.refused"] == ["refused"]
    assert ticked(ports).endswith("1 failed")


def test_a_window_of_several_jobs_needs_room_for_all(ports):
    schedule = added(ports, formats=("csv", "json"))
    ticked(ports)
    ((state, reason),) = windows(ports, schedule)
    assert (state, "this needs 2" in reason) == (WindowState.FAILED, True)
    assert ports.jobs.jobs == {}


def test_the_window_that_crosses_the_rows_runs_and_the_next_one_fails(ports):
    schedule = added(ports, owner=requester("bob"), cron="0 * * * *")
    ports.clock.advance(3600)
    enqueue_recurring(ports)
    run_all(ports)
    ports.clock.advance(3600)
    enqueue_recurring(ports)
    assert [state for state, _ in windows(ports, schedule)] == [WindowState.RAN, WindowState.FAILED]


def test_jobs_that_a_crash_left_in_the_ledger_are_not_counted_twice(ports):
    job = new_job("ann")
    ports.jobs.add(job, entry(job))
    check_quota_of_window([job], [], ports=ports)
