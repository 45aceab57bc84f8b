"""Find attempts that ended without saying so."""

from uuid import UUID

from exports_pipeline.core.errors import LaunchLost, WorkerLost
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.settle_failure import settle_failure


def reconcile(ports: ExportPorts) -> int:
    """Settle running jobs without a heartbeat and requeue launches that never began; how many there were."""
    now = ports.clock()
    settled = 0
    for job in ports.jobs.silent(since=now - ports.limits.heartbeat_timeout):
        settled += settle_failure(job, WorkerLost(), ports)
    for job in ports.jobs.never_began(since=now - ports.limits.launch_timeout, slots=ports.limits.slots):
        settled += ports.jobs.requeue(job.id, job.attempt, LaunchLost(), due_at=now, forgive=True)
    return settled


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
