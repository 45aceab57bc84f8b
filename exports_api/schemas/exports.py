"""An export job as clients see it."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from exports_api.schemas.sharing import SHARED_WITH
from exports_pipeline.core.errors import Fault
from exports_pipeline.core.export_job import ExportJob, StoredFile
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import OPTIONS_OF_FORMAT, Format, sheets_of
from exports_pipeline.core.ledger import QueuePlace
from exports_pipeline.core.lifecycle import Status

_OPTIONS = {each: sorted(names) for each, names in OPTIONS_OF_FORMAT.items()}
_ID = "1c9d0f6e-8b1e-4d0b-9a53-3a1f2f6c7b11"


class Accepted(BaseModel):
    """A request that was taken; its job is at the address in the `Location` header."""

    job_id: UUID = Field(description="Id of the export job.", examples=[_ID])
    status: Status = Field(description="Where it stands.", examples=["pending"])
    message: str = Field(description="What to do next.")


class AppliedFilters(BaseModel):
    """What the request narrowed; empty lists mean all."""

    start_date: date | None = Field(description="First day.", examples=["2024-01-01"])
    end_date: date | None = Field(description="Last day, itself included.", examples=["2024-03-31"])
    account_ids: list[str] = Field(description="Accounts, as text.", examples=[["demo-checking"]])
    tag_ids: list[str] = Field(description="Tags, as text.", examples=[["food"]])
    columns: list[str] = Field(description="Columns.", examples=[["booked_on", "amount"]])
    values: dict[str, list[str]] = Field(
        default_factory=dict,
        exclude_if=lambda values: not values,
        description="Columns that have one of some values, where the insights are narrowed by them.",
        examples=[{"plan": ["spring"]}],
    )

    @staticmethod
    def of(filters: Filters) -> "AppliedFilters":
        """The view of filters."""
        return AppliedFilters(
            start_date=filters.start_date,
            end_date=filters.end_date,
            account_ids=list(filters.account_ids),
            tag_ids=list(filters.tag_ids),
            columns=list(filters.columns),
            values={name: list(wanted) for name, wanted in filters.values},
        )


class ProgressView(BaseModel):
    """How far the job has come."""

    rows: int = Field(description="Rows written so far; an estimate until completed.", examples=[120_000])
    total_rows: int | None = Field(description="Rows there will be, once counted.", examples=[480_000])
    percent: float = Field(description="From 0 to 100.", examples=[25.0])
    bytes: int = Field(description="Bytes handed to the object store.", examples=[7_340_032])


class LabelsView(BaseModel):
    """What a job is for, in words of the requester."""

    list: str | None = Field(description="The list it feeds.")
    plan: str | None = Field(description="The plan it belongs to.", examples=["spring"])


class JobErrorView(BaseModel):
    """Why the last attempt failed."""

    code: str = Field(description="A stable name of the error.", examples=["query_too_large"])
    message: str = Field(description="What went wrong and what helps.")
    fault: Fault = Field(description="Who can mend it.", examples=["requester"])


class RedactedColumn(BaseModel):
    """A column that a file does not show as it is."""

    column: str = Field(description="Its name.", examples=["card"])
    rule: str = Field(
        description="What was done: `drop`, `mask`, `hash`, `truncate to ...` or `scan for ...`.", examples=["mask"]
    )


class UnmaskedView(BaseModel):
    """What somebody unmasked."""

    columns: list[str] = Field(description="The columns.", examples=[["card"]])
    reason: str | None = Field(description="Why; null where none was asked for.", examples=["Ticket 4711"])


class ExportView(BaseModel):
    """An export job."""

    job_id: UUID = Field(description="Id of the export job.", examples=[_ID])
    type: str = Field(description="`export` or `report`.", examples=["export"])
    status: Status = Field(description="Where it stands.", examples=["completed"])
    dataset_id: UUID = Field(description="Id of the dataset, or of the report template.")
    dataset_name: str = Field(
        description="Name of the dataset, or of the report template.", examples=["fct_transactions"]
    )
    dataset_title: str = Field(description="Title of the dataset, for people.", examples=["Transactions"])
    format: Format = Field(description="What the file is written as.", examples=["csv"])
    filters: AppliedFilters = Field(description="What the request narrowed.")
    options: dict[str, Any] = Field(description="How the file is written, defaults included.")
    parameters: dict[str, Any] = Field(description="What a report is made with; empty for an export.")
    labels: LabelsView = Field(description="What the request says that it is for.")
    rendition_of: UUID | None = Field(description="Id of the job whose result this one shows in another format.")
    progress: ProgressView = Field(description="How far it has come.")
    attempt: int = Field(description="The current try, counted from 1.", examples=[1])
    queue_position: int | None = Field(description="Place in the queue while pending, counted from 1.", examples=[None])
    estimated_wait_s: float | None = Field(description="Seconds until it starts, while pending.", examples=[None])
    sheets: int | None = Field(
        description="Sheets that the rows of a workbook take, once they are counted; null for other formats."
    )
    row_count: int | None = Field(description="Rows of the file, once completed.", examples=[480_000])
    file_size_bytes: int | None = Field(description="Size of the file.", examples=[29_360_128])
    sha256: str | None = Field(description="SHA-256 of the file's bytes, in hex.")
    download_name: str | None = Field(
        description="The file's name.", examples=["fct_transactions_2024-01-01_2024-03-31.csv"]
    )
    download_url: str | None = Field(
        description="A link made for this answer, valid for one hour; null unless completed and not expired, "
        "and where the job is somebody else's: then use `/download`."
    )
    changes_url: str | None = Field(
        description="A link, made like `download_url`, to the rows in which the result of a schedule differs from its "
        "last one; null where it does not, or is not compared."
    )
    redacted: list[RedactedColumn] | None = Field(
        description="The columns that the file does not show as they are; null unless completed."
    )
    unmasked: UnmaskedView | None = Field(
        description="The columns that the file shows as they are only because the requester unmasked them; null: none."
    )
    expires_at: datetime | None = Field(description="When the file is deleted.")
    created_at: datetime = Field(description="When it was requested.")
    started_at: datetime | None = Field(description="When the current or last attempt began.")
    completed_at: datetime | None = Field(description="When it ended, whichever way.")
    error: JobErrorView | None = Field(description="Why the last attempt failed.")
    user_id: UUID = Field(description="Its owner, whose rights selected its rows.")
    shared_with: list[UUID] = Field(description=SHARED_WITH)

    @staticmethod
    def of(
        job: ExportJob, *, download_url: str | None, changes_url: str | None, place: QueuePlace | None = None
    ) -> "ExportView":
        """The view of a job."""
        result, error = job.result, job.error
        return ExportView(
            job_id=job.id,
            type=job.type,
            status=job.status,
            dataset_id=job.dataset_id,
            dataset_name=job.dataset,
            dataset_title=job.dataset_title,
            format=job.format,
            filters=AppliedFilters.of(job.filters),
            options={name: getattr(job.options, name) for name in _OPTIONS[job.format]},
            parameters=dict(job.parameters),
            labels=LabelsView(list=job.labels.list or None, plan=job.labels.plan or None),
            rendition_of=job.rendition.of if job.rendition else None,
            progress=_progress(job),
            attempt=job.attempt,
            queue_position=place.position if place else None,
            estimated_wait_s=round(place.estimated_wait_s, 1) if place else None,
            sheets=_sheets(job),
            row_count=result.row_count if result else None,
            file_size_bytes=result.size_bytes if result else None,
            sha256=result.sha256 if result else None,
            download_name=result.download_name if result else None,
            download_url=download_url,
            changes_url=changes_url,
            redacted=_redacted(result) if result else None,
            unmasked=UnmaskedView(columns=list(result.lifted), reason=job.unmask_reason)
            if result and result.lifted
            else None,
            expires_at=_utc(job.expires_at),
            created_at=job.created_at.astimezone(UTC),
            started_at=_utc(job.started_at),
            completed_at=_utc(job.completed_at),
            error=JobErrorView(code=error.code, message=error.sentence, fault=error.fault) if error else None,
            user_id=job.requester.user_id,
            shared_with=list(job.shared_with),
        )


class ExportList(BaseModel):
    """A page of the caller's export jobs, newest first."""

    items: list[ExportView] = Field(description="The jobs; their places in the queue are told by each job's own page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


def _redacted(result: StoredFile) -> list[RedactedColumn]:
    return [RedactedColumn(column=name, rule=rule) for name, rule in sorted(result.redactions.items())]


def _sheets(job: ExportJob) -> int | None:
    rows = job.progress.total_rows if job.result is None else job.result.row_count
    if job.type != "export" or rows is None:
        return None
    return sheets_of(job.format, rows)


def _progress(job: ExportJob) -> ProgressView:
    if job.result is not None:
        rows, size = job.result.row_count, job.result.size_bytes
        return ProgressView(rows=rows, total_rows=rows, percent=100.0, bytes=size)
    done = job.progress
    return ProgressView(rows=done.rows, total_rows=done.total_rows, percent=done.percent, bytes=done.bytes)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
