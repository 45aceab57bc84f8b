"""Decide and write what follows a failed attempt."""

from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.lifecycle import GiveUp, Requeue, after_failure
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.patience import patiently


def settle_failure(job: ExportJob, error: ExportError, ports: ExportPorts) -> bool:
    """Requeue the job or let it fail; False if the attempt was over already.

    Raises:
        LedgerUnavailable: it could not be written; the sweep of silent jobs will.
    """
    now = ports.clock()
    decision = after_failure(job.tries, error, now, max_attempts=ports.limits.max_attempts)
    match decision:
        case Requeue(due_at=due_at):
            return patiently(
                lambda: ports.jobs.requeue(job.id, job.attempt, error, due_at=due_at, forgive=False), ports
            )
        case GiveUp():
            return patiently(lambda: ports.jobs.fail(job.id, job.attempt, error, now=now), ports)
