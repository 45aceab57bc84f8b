"""The ledger of export jobs in Postgres; the only file that writes a status."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, or_, select, text, update

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.job_batch import enter_jobs
from exports_pipeline.adapters.job_queue import IN_SLOT, WAITING, check_queue
from exports_pipeline.adapters.job_reader import PostgresJobReader
from exports_pipeline.adapters.job_rows import job_of, result_as_json, row_of
from exports_pipeline.adapters.job_usage import read_usage
from exports_pipeline.adapters.outbox import pending
from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.adapters.schedule_windows import reopen_window
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.adapters.tables import deliveries, export_jobs, manifests
from exports_pipeline.adapters.user_store import provision
from exports_pipeline.core.errors import ExportError, LostClaim
from exports_pipeline.core.export_job import ExportJob, NewExportJob, Progress, StoredFile
from exports_pipeline.core.ledger import AuditEntry, QueueLimits
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.quota import Quota
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.refusals import IdempotencyKeyInFlight, IdempotencyKeyReused, UnknownExportJob, WrongStatus

_DISPATCH_LOCK = 0x6578706F7274
_job = export_jobs.c
_NO_ERROR = {"error_code": None, "error_sentence": None, "error_fault": None}
_NEXT_ATTEMPT: dict[str, Any] = {
    "status": Status.PENDING,
    "attempt": _job.attempt + 1,
    "dispatched_at": None,
    "heartbeat_at": None,
    "run_id": None,
    "progress": {},
}


class PostgresJobStore(PostgresJobReader):
    """`JobStore` over Postgres; every method is one transaction, guarded by id, attempt and status."""

    def add(
        self, job: NewExportJob, audit: AuditEntry, *, limits: QueueLimits | None = None, quota: Quota | None = None
    ) -> ExportJob:
        """Write a pending job with its audit entry and its user, or find the one that answers for it."""
        with transaction(self._engine) as connection:
            earlier = _earlier(connection, job) or _in_flight(connection, job)
            if earlier is not None:
                return earlier
            # Holds the row of the user, so that requests of theirs at the same instant are counted one by one.
            provision(connection, job.requester, at=job.created_at)
            if limits is not None:
                check_queue(connection, job.requester.user_id, limits)
            if quota is not None and quota.is_limited:
                used = read_usage(connection, job.requester.user_id, quota, now=job.created_at)
                used.check(quota, now=job.created_at)
            row = connection.execute(insert(export_jobs).values(row_of(job)).returning(export_jobs)).mappings().one()
            write_entry(connection, audit)
        return job_of(row)

    def add_all(self, jobs: Sequence[tuple[NewExportJob, AuditEntry]], *, limits: QueueLimits) -> set[UUID]:
        """Write jobs whose ids are given, unless they are there; the ids of those that are there now."""
        with transaction(self._engine) as connection:
            return enter_jobs(connection, jobs, limits)

    def reserve(
        self, *, slots: int, now: datetime, per_user: int | None = None, large: int | None = None
    ) -> list[ExportJob]:
        """Mark due pending jobs as dispatched, by fair share; dispatchers take turns."""
        bounds = {"slots": slots, "per_user": per_user or slots, "large": slots if large is None else large}
        with transaction(self._engine) as connection:
            _take_turn(connection)
            rows = connection.execute(load_sql("reserve"), {**bounds, "now": now}).mappings().all()
        return sorted(map(job_of, rows), key=lambda job: job.created_at)

    def launched(self, job_id: UUID, attempt: int, run_id: str) -> None:
        """Note the run of a dispatched attempt; without effect once it is claimed."""
        self._move(job_id, attempt, Status.PENDING, run_id=run_id)

    def release(self, job_id: UUID, attempt: int, *, due_at: datetime) -> None:
        """Take a dispatch back that did not become a run; without effect once it is claimed."""
        self._move(job_id, attempt, Status.PENDING, dispatched_at=None, due_at=due_at)

    def claim(self, job_id: UUID, attempt: int, *, run_id: str, now: datetime) -> ExportJob | None:
        """Begin a pending attempt; None if it is not there to begin."""
        values = {"status": Status.RUNNING, "run_id": run_id, "started_at": now, "heartbeat_at": now, "progress": {}}
        row = self._move(job_id, attempt, Status.PENDING, **values)
        if row is None:  # perhaps it is ours, and the answer to the first try was lost
            job = self.get(job_id)
            is_ours = job is not None and (job.status, job.attempt, job.run_id) == (Status.RUNNING, attempt, run_id)
            return job if is_ours else None
        return job_of(row)

    def admit_large(self, job_id: UUID, attempt: int, *, large: int, now: datetime) -> bool:
        """Mark a running attempt as large, or put it back while as many others have slots."""
        put_back: dict[str, Any] = {
            **_NEXT_ATTEMPT,
            "forgiven": _job.forgiven + 1,
            "due_at": now,
            "started_at": None,
        }
        with transaction(self._engine) as connection:
            _take_turn(connection)
            others = select(func.count()).where(_job.is_large, IN_SLOT, _job.id != job_id)
            is_admitted = connection.execute(others).scalar_one() < large
            values = {"is_large": True, **({} if is_admitted else put_back)}
            if _guarded(connection, values, _of_attempt(job_id, attempt, Status.RUNNING)) is None:
                raise LostClaim
        return is_admitted

    def beat(self, job_id: UUID, attempt: int, progress: Progress, *, now: datetime) -> None:
        """Say that the attempt is alive, and how far it is."""
        if self._move(job_id, attempt, Status.RUNNING, heartbeat_at=now, progress=asdict(progress)) is None:
            raise LostClaim

    def complete(
        self,
        job_id: UUID,
        attempt: int,
        result: StoredFile,
        *,
        now: datetime,
        expires_at: datetime,
        recipients: Sequence[Recipient],
        manifest: Mapping[str, Any] | None = None,
    ) -> ExportJob:
        """Settle a running attempt as completed and write its manifest and deliveries, in one transaction."""
        progress = Progress(rows=result.row_count, total_rows=result.row_count, bytes=result.size_bytes)
        values: dict[str, Any] = {
            "status": Status.COMPLETED,
            "metadata": _job.metadata.concat(result_as_json(result)),
            "progress": asdict(progress),
            "volume": result.row_count,
            "completed_at": now,
            "expires_at": expires_at,
            **_NO_ERROR,
        }
        with transaction(self._engine) as connection:
            row = _guarded(connection, values, _of_attempt(job_id, attempt, Status.RUNNING))
            if row is None:
                return _settled_before(connection, job_id, attempt, result)
            if manifest is not None:
                connection.execute(insert(manifests).values(job_id=job_id, manifest=manifest))
            if recipients:
                connection.execute(
                    insert(deliveries), [{"job_id": job_id, **pending(each, now)} for each in recipients]
                )
        return job_of(row)

    def requeue(self, job_id: UUID, attempt: int, error: ExportError, *, due_at: datetime, forgive: bool) -> bool:
        """Make a running or dispatched attempt the next, pending one."""
        values: dict[str, Any] = {
            **_NEXT_ATTEMPT,
            "forgiven": _job.forgiven + int(forgive),
            "due_at": due_at,
            **_as_columns(error),
        }
        return self._move(job_id, attempt, Status.RUNNING, Status.PENDING, **values) is not None

    def fail(self, job_id: UUID, attempt: int, error: ExportError, *, now: datetime) -> bool:
        """Settle a pending or running attempt as failed."""
        values = {"status": Status.FAILED, "completed_at": now, **_as_columns(error)}
        return self._move(job_id, attempt, Status.RUNNING, Status.PENDING, **values) is not None

    def cancel(self, job_id: UUID, *, now: datetime, audit: AuditEntry) -> ExportJob:
        """Settle a pending or running job as cancelled, with its audit entry."""
        values = {"status": Status.CANCELLED, "completed_at": now}
        return self._ask(job_id, audit, "cancelled", (Status.PENDING, Status.RUNNING), values)

    def retry(self, job_id: UUID, *, now: datetime, audit: AuditEntry) -> ExportJob:
        """Make a failed or cancelled job pending again as a new attempt, with its audit entry and its window."""
        values: dict[str, Any] = {
            **_NEXT_ATTEMPT,
            "forgiven": _job.attempt,
            "due_at": now,
            "started_at": None,
            "completed_at": None,
            **_NO_ERROR,
        }
        return self._ask(job_id, audit, "retried", (Status.FAILED, Status.CANCELLED), values, also=_reopen)

    def share(self, job_id: UUID, teams: Sequence[UUID], audit: AuditEntry) -> None:
        """Share a job with these teams and no others, with its audit entry."""
        with transaction(self._engine) as connection:
            connection.execute(update(export_jobs).where(_job.id == job_id).values(shared_with=list(teams)))
            write_entry(connection, audit)

    def _move(self, job_id: UUID, attempt: int, /, *statuses: Status, **values: Any) -> RowMapping | None:
        with transaction(self._engine) as connection:
            return _guarded(connection, values, _of_attempt(job_id, attempt, *statuses))

    def _ask(
        self,
        job_id: UUID,
        audit: AuditEntry,
        verb: str,
        statuses: Sequence[Status],
        values: dict[str, Any],
        *,
        also: Callable[[Connection, ExportJob], None] = lambda _connection, _job: None,
    ) -> ExportJob:
        with transaction(self._engine) as connection:
            row = _guarded(connection, values, (_job.id == job_id, _job.status.in_(statuses)))
            if row is None:
                status = connection.execute(select(_job.status).where(_job.id == job_id)).scalar_one_or_none()
                if status is None:
                    raise UnknownExportJob
                raise WrongStatus(f"The export job is {status}; it cannot be {verb} any more.")
            write_entry(connection, audit)
            job = job_of(row)
            also(connection, job)
        return job


def _reopen(connection: Connection, job: ExportJob) -> None:
    if job.schedule is not None:
        reopen_window(connection, job.schedule)


def _take_turn(connection: Connection) -> None:
    """Let one dispatcher at a time count the slots."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _DISPATCH_LOCK})


def _of_attempt(job_id: UUID, attempt: int, *statuses: Status) -> tuple[ColumnElement[bool], ...]:
    return _job.id == job_id, _job.attempt == attempt, _job.status.in_(statuses)


def _guarded(connection: Connection, values: dict[str, Any], guard: Sequence[ColumnElement[bool]]) -> RowMapping | None:
    statement = update(export_jobs).where(*guard).values(values).returning(export_jobs)
    return connection.execute(statement).mappings().one_or_none()


def _settled_before(connection: Connection, job_id: UUID, attempt: int, result: StoredFile) -> ExportJob:
    """The job, where this very completion was written already and only its answer was lost.

    Raises:
        LostClaim: the attempt has ended in another way.
    """
    query = select(export_jobs).where(*_of_attempt(job_id, attempt, Status.COMPLETED))
    row = connection.execute(query).mappings().one_or_none()
    job = job_of(row) if row else None
    if job is None or job.result is None or job.result.object_key != result.object_key:
        raise LostClaim
    return job


def _earlier(connection: Connection, job: NewExportJob) -> ExportJob | None:
    """The job that has the same idempotency key; the key stays locked until the transaction ends."""
    if job.idempotency_key is None:
        return None
    lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))")
    if not connection.execute(lock, {"key": f"{job.requester.user_id}:{job.idempotency_key}"}).scalar_one():
        raise IdempotencyKeyInFlight
    query = select(export_jobs).where(
        _job.requester == job.requester.user_id, _job.idempotency_key == job.idempotency_key
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    if row["request_digest"] != job.request_digest:
        raise IdempotencyKeyReused
    return job_of(row)


def _in_flight(connection: Connection, job: NewExportJob) -> ExportJob | None:
    """The identical job that a shared one stands in for; who asks at the same instant waits and finds it."""
    if not job.is_shared:
        return None
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))")
    connection.execute(lock, {"key": f"{job.requester.user_id}:{job.request_digest}"})
    query = select(export_jobs).where(
        _job.requester == job.requester.user_id,
        or_(WAITING, IN_SLOT),  # in the words of the indexes, so that only jobs in flight are looked at
        _job.request_digest == job.request_digest,
        _job.idempotency_key.is_(None),
    )
    row = connection.execute(query.order_by(_job.created_at).limit(1)).mappings().one_or_none()
    return job_of(row) if row else None


def _as_columns(error: ExportError) -> dict[str, str]:
    return {"error_code": error.code, "error_sentence": error.sentence, "error_fault": error.fault}
