"""Schedules over fakes: added, ticked, their jobs run."""

from datetime import timedelta

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import scheduled
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import a_schedule, requester
from exports_pipeline_tests.fakes.clock import NOON

ANN = requester("ann")
DAY = timedelta(days=1)
CHAT = Recipient(channel=Channel.TELEGRAM, address="42")


def added(ports, owner=ANN, **changes):
    schedule = scheduled(
        a_schedule(owner.owner_key, **{"recipients": (CHAT,), **changes}), now=ports.clock(), most_spread=timedelta(0)
    )
    ports.schedules.add(schedule, owner, AuditEntry(at=NOON, actor=owner.user_id, action="schedule.created"))
    return schedule


def ticked(ports, *, days=1):
    """What a tick says some days later."""
    ports.clock.now += days * DAY
    return enqueue_recurring(ports).in_words


def run_all(ports, error=None):
    """Run what is pending as the workers would; all attempts of a job fail with the error, if there is one."""
    for job in list(ports.jobs.jobs.values()):
        if job.status is Status.PENDING and error is None:
            run_export(job.id, job.attempt, run_id="run", ports=ports)
        elif job.status is Status.PENDING:
            ports.jobs.fail(job.id, job.attempt, error, now=ports.clock())
    enqueue_recurring(ports)


def windows(ports, schedule):
    return [(each.state, each.reason) for each in reversed(ports.schedules.windows(schedule.id, limit=99))]
