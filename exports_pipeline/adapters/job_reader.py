"""Reading the ledger of export jobs in Postgres."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, RowMapping, Text, cast, func, literal, or_, select, tuple_

from exports_pipeline.adapters.job_conditions import conditions_of
from exports_pipeline.adapters.job_rows import job_of
from exports_pipeline.adapters.job_usage import read_usage
from exports_pipeline.adapters.postgres import reading
from exports_pipeline.adapters.sharing import is_shared_with
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.adapters.tables import export_jobs, manifests
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.formats import Format
from exports_pipeline.core.ledger import Outlook, Page, QueuePlace, SeenJob
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.quota import Quota, Usage

_job = export_jobs.c


class PostgresJobReader:
    """The half of `JobStore` that changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, job_id: UUID) -> ExportJob | None:
        """The job of that id."""
        found = self._select(_job.id == job_id)
        return found[0] if found else None

    def manifest(self, job_id: UUID) -> Mapping[str, Any] | None:
        """The manifest of a completed job."""
        query = select(manifests.c.manifest).where(manifests.c.job_id == job_id)
        with reading(self._engine) as connection:
            found: Mapping[str, Any] | None = connection.execute(query).scalar_one_or_none()
        return found

    def page(self, user_id: UUID | None, page: Page) -> list[ExportJob]:
        """Jobs of a user, or of everybody, newest first."""
        query = select(export_jobs).order_by(_job.created_at.desc(), _job.id.desc()).limit(page.limit)
        query = query.where(*conditions_of(page.jobs))
        if user_id is not None:
            query = query.where(_job.requester == user_id)
        if page.shared is not None:
            query = query.where(is_shared_with(export_jobs, page.shared.teams), _job.requester != page.shared.user_id)
        if page.status is not None:
            query = query.where(_job.status == page.status)
        if page.dataset is not None:
            query = query.where(or_(_job.dataset == page.dataset, cast(_job.dataset_id, Text) == page.dataset))
        if page.created_since is not None:
            query = query.where(_job.created_at >= page.created_since)
        if page.created_until is not None:
            query = query.where(_job.created_at < page.created_until)
        if page.completed_since is not None:
            query = query.where(_job.completed_at >= page.completed_since)
        if page.completed_until is not None:
            query = query.where(_job.completed_at < page.completed_until)
        if page.before is not None:
            created_at, job_id = page.before
            query = query.where(tuple_(_job.created_at, _job.id) < tuple_(literal(created_at), literal(job_id)))
        with reading(self._engine) as connection:
            return [job_of(row) for row in connection.execute(query).mappings()]

    def silent(self, *, since: datetime) -> list[ExportJob]:
        """Running jobs whose last heartbeat lies before `since`."""
        return self._select(_job.status == Status.RUNNING, _job.heartbeat_at < since)

    def never_began(self, *, since: datetime, slots: int) -> list[ExportJob]:
        """Pending jobs that were dispatched before `since` and have not been claimed; none while all slots work."""
        running = select(func.count()).where(_job.status == Status.RUNNING).scalar_subquery()
        return self._select(_job.status == Status.PENDING, _job.dispatched_at < since, running < slots)

    def look(self, job_ids: Sequence[UUID], *, slots: int) -> dict[UUID, SeenJob]:
        """The jobs of these ids with their places, in one statement; a dispatched one is at position 1."""
        with reading(self._engine) as connection:
            rows = connection.execute(load_sql("look"), {"job_ids": list(job_ids)}).mappings().all()
        return {row["id"]: SeenJob(job=job_of(row), place=_place(row, slots)) for row in rows}

    def outlook(self, user_id: UUID, file_format: Format, *, slots: int) -> Outlook:
        """What one more job of a user and a format has to expect."""
        wanted = {"requester": user_id, "format": file_format, "slots": slots}
        with reading(self._engine) as connection:
            found = connection.execute(load_sql("outlook"), wanted).mappings().one()
        return Outlook(**found)

    def usage(self, user_id: UUID, quota: Quota, *, now: datetime) -> Usage:
        """What a user has used of a quota within the day before now."""
        with reading(self._engine) as connection:
            return read_usage(connection, user_id, quota, now=now)

    def live_keys(self, job_ids: Sequence[UUID]) -> dict[UUID, ExportJob]:
        """The jobs of these ids that exist."""
        return {job.id: job for job in self._select(_job.id.in_(job_ids))}

    def _select(self, *conditions: ColumnElement[bool]) -> list[ExportJob]:
        with reading(self._engine) as connection:
            return [job_of(row) for row in connection.execute(select(export_jobs).where(*conditions)).mappings()]


def _place(row: RowMapping, slots: int) -> QueuePlace | None:
    if row["status"] != Status.PENDING:
        return None
    if row["place"] is None:
        return QueuePlace(position=1, estimated_wait_s=0.0)
    return QueuePlace(position=row["place"], estimated_wait_s=round(row["seconds"] * row["place"] / slots, 1))
