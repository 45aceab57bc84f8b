"""What owners and operators read when a schedule fails, recovers, pauses or stops."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import scheduled
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline.usecases.retry_export import retry_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import a_schedule, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")
OPERATORS = Recipient(channel=Channel.EMAIL, address="ops@example.com")


@pytest.fixture
def ports():
    ports = fake_ports()
    ports.users.chats[ANN.user_id] = "7"
    ports = replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(0)), operators=OPERATORS)
    schedule = scheduled(a_schedule(timezone="Europe/Prague"), now=NOON, most_spread=timedelta(0))
    ports.schedules.add(schedule, ANN, AuditEntry(at=NOON, actor=ANN.user_id, action="schedule.created"))
    return ports


def day(ports, error=None):
    """A day on which the window runs, or fails for good."""
    ports.clock.advance(86400)
    enqueue_recurring(ports)
    for job in list(ports.jobs.jobs.values()):
        if job.status is Status.PENDING and error is not None:
            ports.jobs.fail(job.id, job.attempt, error, now=ports.clock())
        elif job.status is Status.PENDING:
            run_export(job.id, job.attempt, run_id="run", ports=ports)
    enqueue_recurring(ports)


def told(ports, channel="email"):
    """What was sent by a channel, each message as one text."""
    deliver(ports)
    return [" ".join(map(str, sent)) for sent in ports.senders[channel].sent]


def test_a_failure_and_its_end_are_told_once_to_owner_and_operators(ports):
    for error in (QueryFailed(), QueryFailed(), None):
        day(ports, error)
    failed, recovered = told(ports)
    assert "Daily sales failed" in failed
    assert "could not answer the query" in failed
    assert "Monday 2 March 2026, 12:00 CET" in failed
    assert "Daily sales works again" in recovered
    mine = [text for text in told(ports, "telegram") if "is ready" not in text]
    assert len(mine) == 2


def retried(ports, error=None):
    """The oldest job that has failed, tried again by hand."""
    job = next(each for each in ports.jobs.jobs.values() if each.status is Status.FAILED)
    retry_export(job.id, ANN, ports=ports)
    if error is None:
        run_export(job.id, job.attempt + 1, run_id="run", ports=ports)
    else:
        ports.jobs.fail(job.id, job.attempt + 1, error, now=ports.clock())
    enqueue_recurring(ports)


def standing(ports):
    """What became of the windows, oldest first, and how many failures in a row there are."""
    [schedule] = ports.schedules.schedules.values()
    return [str(each.state) for each in reversed(ports.schedules.windows(schedule.id, limit=9))], (
        schedule.failures_in_row
    )


def test_a_failed_job_that_works_when_tried_again_ends_the_failure(ports):
    day(ports, QueryFailed())
    retried(ports)
    assert standing(ports) == (["late"], 0)
    assert ["Daily sales works again" in text for text in told(ports)] == [False, True]


def test_a_failed_job_that_fails_again_when_tried_is_no_news(ports):
    day(ports, QueryFailed())
    retried(ports, QueryFailed())
    assert standing(ports) == (["failed"], 1)
    assert len(told(ports)) == 1


def test_an_old_job_that_works_when_tried_again_says_nothing_of_the_newest(ports):
    day(ports, QueryFailed())
    day(ports, QueryFailed())
    retried(ports)
    assert standing(ports) == (["late", "failed"], 2)
    assert len(told(ports)) == 1


def test_an_old_job_that_fails_again_when_tried_spoils_nothing(ports):
    day(ports, QueryFailed())
    day(ports)
    retried(ports, QueryFailed())
    assert standing(ports) == (["failed", "late"], 0)
    assert len(told(ports)) == 2


def test_a_cancelled_job_that_is_tried_again_has_run(ports):
    ports.clock.advance(86400)
    enqueue_recurring(ports)
    [job] = ports.jobs.jobs.values()
    cancel_export(job.id, ANN, ports=ports)
    enqueue_recurring(ports)
    assert standing(ports) == (["skipped"], 0)
    retry_export(job.id, ANN, ports=ports)
    assert standing(ports) == (["pending"], 0)
    run_export(job.id, 2, run_id="run", ports=ports)
    enqueue_recurring(ports)
    assert standing(ports) == (["late"], 0)


def test_ten_failures_are_told_with_the_pause(ports):
    for _ in range(11):
        day(ports, QueryFailed())
    *_, paused = told(ports)
    assert "The schedule Daily sales is paused" in paused
    assert "10 windows in a row have failed." in paused


def test_a_stop_is_told_with_its_reason(ports):
    ports.users.set_active(ANN.user_id, is_active=False, at=NOON)
    day(ports)
    [stopped] = told(ports)
    assert "The schedule Daily sales has stopped" in stopped
    assert "deactivated" in stopped
