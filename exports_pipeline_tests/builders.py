"""Nouns with sensible values, for tests that care about one of them."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from exports_pipeline.core.about import about
from exports_pipeline.core.catalog import dataset_id, user_id
from exports_pipeline.core.changes_file import ChangesFile
from exports_pipeline.core.export_job import NewExportJob, StoredFile
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.message import FileToSend, Message
from exports_pipeline.core.requester import Permission, Requester
from exports_pipeline.core.schedule import Schedule, ScheduleKind
from exports_pipeline_tests.fakes.clock import NOON


def requester(name="ann", *permissions):
    """A user who may export, as most do, and has some permissions more."""
    held = frozenset({Permission.EXPORT, *map(Permission, permissions)})
    return Requester(user_id=user_id(name), owner_key=name, permissions=held)


def new_job(name="ann", *, minutes=0.0, **changes):
    """A job requested by `name` some minutes after noon."""
    job = NewExportJob(
        id=uuid4(),
        requester=requester(name),
        dataset="sales",
        dataset_id=dataset_id("sales"),
        dataset_title="Sales",
        format=Format.CSV,
        filters=Filters(),
        options=FormatOptions(),
        created_at=NOON + timedelta(minutes=minutes),
    )
    return replace(job, **changes)


def entry(job, action="export.requested"):
    return AuditEntry(at=NOON, actor=job.requester.user_id, action=action, job_id=job.id, details={"dataset": "sales"})


def facts(selection, *, rows=3):
    """What a document about a selection says, at noon and for ann."""
    return about(selection, requester(), job_id=UUID(int=7), rows=rows, now=NOON)


def stored_file(**changes):
    file = StoredFile(
        object_key="exports/a/b/1/sales.csv",
        download_name="sales.csv",
        row_count=3,
        size_bytes=42,
        sha256="0" * 64,
        columns=(("day", "DATE"), ("amount", "DECIMAL(18,2)")),
    )
    return replace(file, **changes)


def changes_file(**changes):
    file = ChangesFile(
        object_key="exports/a/b/1/sales.changes.csv",
        download_name="sales.changes.csv",
        row_count=2,
        total_rows=2,
        size_bytes=17,
        sha256="1" * 64,
    )
    return replace(file, **changes)


def a_message(**changes):
    """A message as a recipient gets it, without a file."""
    message = Message(
        id=UUID(int=9),
        subject="Sales is ready",
        text="Sales is ready: 3 rows",
        html="<b>Sales</b> is ready: 3 rows",
        facts={"type": "export.completed", "timestamp": "2026-01-01T12:00:00Z", "data": {"rows": 3}},
        at=NOON,
    )
    return replace(message, **changes)


def a_file(body=b"day,amount\r\n2026-01-01,10.50\r\n", **changes):
    """A file on its way to a recipient."""
    file = FileToSend(
        name="sales.csv",
        content_type="text/csv; charset=utf-8",
        size_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        chunks=lambda: iter([body[:5], body[5:]]),
    )
    return replace(file, **changes)


def a_schedule(name="ann", **changes):
    """A schedule that exports the sales of `name` every day at noon, and has been planned until its creation."""
    schedule = Schedule(
        id=uuid4(),
        user_id=user_id(name),
        name="Daily sales",
        kind=ScheduleKind.EXPORT,
        body={"dataset_id": "sales"},
        formats=("csv",),
        cron="0 12 * * *",
        timezone="UTC",
        created_at=NOON,
        updated_at=NOON,
        planned_until=NOON,
    )
    return replace(schedule, **changes)
