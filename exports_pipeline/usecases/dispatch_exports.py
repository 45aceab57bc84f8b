"""Launch pending export jobs into the free worker slots."""

from datetime import timedelta

from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ports import ExportPorts

_RETRY_AFTER = timedelta(seconds=2)


def dispatch(ports: ExportPorts) -> int:
    """Launch what is due, by fair share, and return how many runs were launched.

    Raises:
        RunsUnavailable, LaunchRefused: a launch failed; the jobs not launched wait two seconds.
        LedgerUnavailable: nothing was launched.
    """
    jobs = reserve(ports)
    for place, job in enumerate(jobs):
        try:
            with ports.spans.span("dispatch", parent=job.traceparent, job_id=str(job.id), attempt=job.attempt) as tell:
                run_id = ports.runs.launch(job)
                tell("run_id", run_id)
        except ExportError:
            for waiting in jobs[place:]:
                ports.jobs.release(waiting.id, waiting.attempt, due_at=ports.clock() + _RETRY_AFTER)
            raise
        ports.jobs.launched(job.id, job.attempt, run_id)
    return len(jobs)


def reserve(ports: ExportPorts) -> list[ExportJob]:
    """Take the jobs that fit into the free slots; whoever gets them launches them."""
    limits = ports.limits
    return ports.jobs.reserve(
        slots=limits.slots + limits.ahead,
        now=ports.clock(),
        per_user=limits.running_per_user,
        large=limits.large_slots,
    )
