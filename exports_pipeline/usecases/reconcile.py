"""Find attempts that ended without saying so."""

from contextlib import suppress
from uuid import UUID

from exports_pipeline.core.errors import LaunchLost, RunsUnavailable, WorkerLost
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.settle_failure import settle_failure

SECOND_LOOK_S = 3.0
"""So long is waited for a sign of life of those that seem dead."""


def reconcile(ports: ExportPorts) -> int:
    """Settle running jobs without a heartbeat and requeue launches that never began; how many there were."""
    settled = sum(settle_failure(job, WorkerLost(), ports) for job in _dead(ports))
    now = ports.clock()
    for job in ports.jobs.never_began(since=now - ports.limits.launch_timeout, slots=ports.limits.slots):
        if ports.jobs.requeue(job.id, job.attempt, LaunchLost(), due_at=now, forgive=True):
            settled += 1
            _give_up(job, ports)
    return settled


def _give_up(job: ExportJob, ports: ExportPorts) -> None:
    """End the run that was launched, which else waits for minutes until Dagster does."""
    if job.run_id is not None:
        with suppress(RunsUnavailable):
            ports.runs.give_up(job.run_id)


def _dead(ports: ExportPorts) -> list[ExportJob]:
    """The running jobs that were silent, and are so at a second look.

    After the database was away, or the whole machine, everybody has been silent for long; and the clock of a worker
    may be behind ours. Whoever lives has spoken by the second look, at whatever time by its clock.
    """
    since = ports.clock() - ports.limits.heartbeat_timeout
    suspects = {(job.id, job.attempt): job.heartbeat_at for job in ports.jobs.silent(since=since)}
    if not suspects:
        return []
    ports.pause(SECOND_LOOK_S)
    return [job for job in ports.jobs.silent(since=since) if suspects.get((job.id, job.attempt)) == job.heartbeat_at]


def settle_ended_run(job_id: UUID, attempt: int, *, run_id: str, is_cancelled: bool, ports: ExportPorts) -> bool:
    """Settle the attempt of a run that Dagster saw end; False if the attempt had settled itself, or has another run."""
    job = ports.jobs.get(job_id)
    if job is None or job.attempt != attempt or job.status.is_final or job.run_id != run_id:
        return False
    if is_cancelled:
        entry = AuditEntry(
            at=ports.clock(), actor=job.requester.user_id, action="export.stopped_by_operator", job_id=job.id
        )
        ports.jobs.cancel(job.id, now=ports.clock(), audit=entry)
        return True
    if job.status is Status.RUNNING:
        return settle_failure(job, WorkerLost(), ports)
    return ports.jobs.requeue(job.id, attempt, LaunchLost(), due_at=ports.clock(), forgive=True)
