"""Many export jobs entered at once, each with an id that tells whether it is there already."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from exports_pipeline.adapters.audit_log import row_of_entry
from exports_pipeline.adapters.job_queue import WAITING
from exports_pipeline.adapters.job_rows import row_of
from exports_pipeline.adapters.tables import audit_log, export_jobs
from exports_pipeline.core.export_job import NewExportJob
from exports_pipeline.core.ledger import AuditEntry, QueueLimits

_job = export_jobs.c


def enter_jobs(
    connection: Connection, jobs: Sequence[tuple[NewExportJob, AuditEntry]], limits: QueueLimits
) -> set[UUID]:
    """Write those jobs that are not there and have a place in the queue; the ids of all that are there now."""
    wanted = [job.id for job, _ in jobs]
    there = set(connection.execute(select(_job.id).where(_job.id.in_(wanted))).scalars())
    missing = [(job, audit) for job, audit in jobs if job.id not in there]
    if not missing:
        return there
    placed = _placed(connection, missing, limits)
    if placed:
        rows = [row_of(job) for job, _ in placed]
        written = insert(export_jobs).on_conflict_do_nothing().returning(_job.id)
        new = set(connection.execute(written, rows).scalars())
        entries = [row_of_entry(audit) for job, audit in placed if job.id in new]
        if entries:
            connection.execute(insert(audit_log), entries)
    return there | {job.id for job, _ in placed}


def _placed(
    connection: Connection, jobs: list[tuple[NewExportJob, AuditEntry]], limits: QueueLimits
) -> list[tuple[NewExportJob, AuditEntry]]:
    """The jobs that find a place, in their order."""
    users = {job.requester.user_id for job, _ in jobs}
    counted = select(_job.requester, func.count()).where(WAITING, _job.requester.in_(users)).group_by(_job.requester)
    waiting: Counter[UUID] = Counter()
    for user_id, count in connection.execute(counted):
        waiting[user_id] = count
    everybody = select(func.count()).select_from(select(_job.id).where(WAITING).limit(limits.total).subquery())
    total = connection.execute(everybody).scalar_one()
    placed = []
    for job, audit in jobs:
        if total < limits.total and waiting[job.requester.user_id] < limits.per_user:
            waiting[job.requester.user_id] += 1
            total += 1
            placed.append((job, audit))
    return placed
