"""Make one attempt of an export job: claim it, make its file, settle it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from exports_pipeline.core.difference import summary_of
from exports_pipeline.core.errors import ExportError, InternalError, LostClaim
from exports_pipeline.core.export_job import ExportJob, Progress, StoredFile
from exports_pipeline.core.manifest import objects_of
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.spans import Fact
from exports_pipeline.usecases.compare_with_last import with_difference
from exports_pipeline.usecases.made import Made
from exports_pipeline.usecases.make_dataset_file import make_dataset_file
from exports_pipeline.usecases.make_report_file import make_report_file
from exports_pipeline.usecases.patience import patiently
from exports_pipeline.usecases.pulse import Pulse
from exports_pipeline.usecases.recipients_owed import recipients_owed
from exports_pipeline.usecases.settle_failure import settle_failure

_MAKERS = {"export": make_dataset_file, "report": make_report_file}
"""What makes the file of each type of job."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a completed attempt leaves for the operators."""

    result: StoredFile
    seconds: float
    preview: list[dict[str, str | None]]


def run_export(
    job_id: UUID, attempt: int, *, run_id: str, ports: ExportPorts, is_stopped: Callable[[], bool] = lambda: False
) -> Outcome | None:
    """Claim an attempt and carry it to its end; None where nobody is home, or it must wait among the large ones.

    `is_stopped` tells whether an operator has asked for an end; it is asked once a beat.

    Raises:
        LostClaim: the job was cancelled, or given to another attempt; nothing was published.
        ExportError: the attempt failed; what follows stands in the ledger.
    """
    job = patiently(lambda: ports.jobs.claim(job_id, attempt, run_id=run_id, now=ports.clock()), ports)
    if job is None:
        return None
    facts: dict[str, Fact] = {"job_id": str(job.id), "attempt": job.attempt, "run_id": run_id, "dataset": job.dataset}
    began_at = ports.clock()
    try:
        with ports.spans.span("attempt", parent=job.traceparent, **facts, format=job.format):
            pulse = Pulse(job, ports, is_stopped)
            made = _MAKERS[job.type](job, ports, pulse)
            if made is None:
                return None
            done = Progress(rows=made.result.row_count, total_rows=made.result.row_count, bytes=made.result.size_bytes)
            made = with_difference(made, job, ports=ports, tick=lambda: pulse.tick(done))
            with ports.spans.span("commit"):
                _complete(job, made, ports)
    except LostClaim:
        raise
    except ExportError as error:
        settle_failure(job, error, ports)
        raise
    except Exception as error:
        settle_failure(job, InternalError(), ports)
        raise InternalError from error
    return Outcome(result=made.result, seconds=(ports.clock() - began_at).total_seconds(), preview=made.preview)


def _complete(job: ExportJob, made: Made, ports: ExportPorts) -> None:
    now, result = ports.clock(), replace(made.result, difference=summary_of(made.difference))
    owed = patiently(lambda: recipients_owed(job, made, ports), ports)
    try:
        patiently(
            lambda: ports.jobs.complete(
                job.id,
                job.attempt,
                result,
                now=now,
                expires_at=now + ports.limits.expiry_of(job.type),
                recipients=owed,
                manifest=made.manifest,
            ),
            ports,
        )
    except LostClaim:
        for key in objects_of(result):
            ports.objects.delete(key)
        raise
