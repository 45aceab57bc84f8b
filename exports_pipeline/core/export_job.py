"""The export job: one request for one result, the row in the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from exports_pipeline.core.changes_file import ChangesFile
from exports_pipeline.core.errors import Fault
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.kept_result import KeptResult
from exports_pipeline.core.labels import NO_LABELS, Labels
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.rendition import Rendition
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.scheduled_window import ScheduledWindow


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a running attempt has come."""

    rows: int = 0
    """Rows written so far; estimated from the share of the input read, exact when completed."""
    total_rows: int | None = None
    bytes: int = 0
    """Bytes handed to the object store."""

    @property
    def percent(self) -> float:
        """From 0 to 100."""
        if self.total_rows is None:
            return 0.0
        return 100.0 if self.total_rows == 0 else round(100 * min(1.0, self.rows / self.total_rows), 1)


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """The result of a completed export job, as it lies in the object store."""

    object_key: str
    download_name: str
    row_count: int
    size_bytes: int
    sha256: str
    columns: tuple[tuple[str, str], ...] = ()
    """Name and DuckDB type of each column of the file."""
    difference: Mapping[str, Any] | None = None
    """How it differs from the result of the schedule's window before, as `core.difference.summary_of` tells it."""
    remarks: tuple[str, ...] = ()
    """What the file does not hold, if anything: then it is not complete, and says so itself."""
    kept: KeptResult | None = None
    changes: ChangesFile | None = None
    """The rows of that difference, where rows differ."""
    redactions: Mapping[str, str] = field(default_factory=dict)
    """The columns that were not shown as they are, left out ones too, and what was done: `mask`, `truncate to 1000`."""
    lifted: tuple[str, ...] = ()
    """The columns that were, only because the requester unmasks them."""


@dataclass(frozen=True, kw_only=True)
class JobError:
    """Why the last attempt failed."""

    code: str
    sentence: str
    fault: Fault


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What somebody wants exported, checked for form but not yet against the catalogue."""

    dataset: str
    """Name or id."""
    format: str
    filters: Filters = field(default_factory=Filters)
    options: Mapping[str, Any] = field(default_factory=dict)
    unmask_reason: str | None = None
    """Why redacted columns are to be shown as they are, to whoever may see them so."""


@dataclass(frozen=True, kw_only=True)
class NewExportJob:
    """A checked request, on its way into the ledger."""

    id: UUID
    requester: Requester
    """As the token described them at the time; the run exports with these rights."""
    dataset: str
    dataset_id: UUID
    dataset_title: str
    format: Format
    filters: Filters
    options: FormatOptions
    created_at: datetime
    type: str = "export"
    triggered_by: str = "api"
    export_type: str = "manual"
    tag_summary: tuple[str, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    idempotency_key: str | None = None
    request_digest: str | None = None
    """With a key, of the request's body, to tell a repeated request from a reused key; else of what makes the result,
    to know an identical one."""
    is_shared: bool = False
    """Whether an identical job in flight will do as well."""
    rendition: Rendition | None = None
    schedule: ScheduledWindow | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What a report is made with, as it was given."""
    labels: Labels = NO_LABELS
    traceparent: str | None = None
    """The W3C name of the request's span, where requests are traced."""
    unmask_reason: str | None = None
    """Why its requester gets redacted columns as they are, where they do."""
    shared_with: tuple[UUID, ...] = ()
    """The teams whose members may see and download it."""


@dataclass(frozen=True, kw_only=True)
class ExportJob:
    """An export job as the ledger has it."""

    id: UUID
    status: Status
    attempt: int
    """The current try, counted from 1; also the fencing token."""
    requester: Requester
    dataset: str
    """Name of the dataset, or of the template of a report."""
    dataset_id: UUID
    dataset_title: str
    format: Format
    filters: Filters
    options: FormatOptions
    created_at: datetime
    due_at: datetime
    """Not before this instant is a pending job launched."""
    type: str = "export"
    triggered_by: str = "api"
    export_type: str = "manual"
    tag_summary: tuple[str, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    """Who gets the result besides the requester's own linked chat."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What a report is made with, as it was given; empty for an export."""
    labels: Labels = NO_LABELS
    """Which list and plan of the requester it is for."""
    forgiven: int = 0
    """Attempts that do not count against the limit: lost launches, those put back, and all before a retry by hand."""
    is_large: bool = False
    """Whether an attempt has counted so many rows that the job waits for a place among the large ones."""
    progress: Progress = field(default_factory=Progress)
    run_id: str | None = None
    """Dagster's id of the run of the current attempt."""
    dispatched_at: datetime | None = None
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    completed_at: datetime | None = None
    """When a final status was reached."""
    expires_at: datetime | None = None
    rendition: Rendition | None = None
    """The result that this one shows in another format, if it does."""
    schedule: ScheduledWindow | None = None
    """The window of a schedule that it runs for, if it does."""
    traceparent: str | None = None
    """The W3C name of the span that all spans of this job stand below."""
    unmask_reason: str | None = None
    """Why its requester gets redacted columns as they are, where they do."""
    shared_with: tuple[UUID, ...] = ()
    """The teams whose members may see and download it."""
    result: StoredFile | None = None
    error: JobError | None = None

    @property
    def tries(self) -> int:
        """Attempts that count against the limit."""
        return self.attempt - self.forgiven

    def is_expired(self, now: datetime) -> bool:
        """Whether the file was, or is about to be, deleted."""
        return self.expires_at is not None and self.expires_at <= now
