"""The insights as clients see them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, Field

from exports_api.schemas.exports import AppliedFilters, LabelsView
from exports_pipeline.core.insights import Tally
from exports_pipeline.core.time_spans import Days, Span

_SECOND = 1_000_000
_JOBS = "Where the list of exactly these jobs is."


class RangeView(BaseModel):
    """The days that are told of."""

    first: date = Field(alias="from", description="First day.")
    last: date = Field(alias="to", description="Last day, itself included.")
    timezone: str = Field(description="Time zone of the days.")

    @staticmethod
    def of(days: Days) -> "RangeView":
        """The view of a range."""
        return RangeView(**{"from": days.first, "to": days.last, "timezone": days.timezone})


class TallyView(BaseModel):
    """Jobs that ended, counted; a job that was retried counts by its last end alone."""

    count: int = Field(description="All of them.")
    completed: int = Field(description="Those that made a file.")
    failed: int = Field(description="Those that failed for good.")
    cancelled: int = Field(description="Those that were cancelled.")
    failure_rate: float | None = Field(description="Failed of completed and failed; null where there are none.")
    rows: int = Field(description="Rows of all files.")
    bytes: int = Field(description="Bytes of all files.")
    rows_per_job: float | None = Field(description="Rows of a completed job, in the mean.")
    mean_queue_s: float | None = Field(description="Seconds from due to begun, in the mean of those that began.")
    mean_run_s: float | None = Field(description="Seconds from begun to ended, in the mean of those that began.")
    jobs: str = Field(description=_JOBS)

    @staticmethod
    def figures_of(tally: Tally, link: str) -> dict[str, object]:
        """The fields of a tally."""
        ended = tally.completed + tally.failed
        return {
            "count": tally.jobs,
            "completed": tally.completed,
            "failed": tally.failed,
            "cancelled": tally.cancelled,
            "failure_rate": round(tally.failed / ended, 6) if ended else None,
            "rows": tally.rows,
            "bytes": tally.bytes,
            "rows_per_job": round(tally.rows / tally.completed, 3) if tally.completed else None,
            "mean_queue_s": round(tally.queue_us / tally.ran / _SECOND, 6) if tally.ran else None,
            "mean_run_s": round(tally.run_us / tally.ran / _SECOND, 6) if tally.ran else None,
            "jobs": link,
        }


class BarView(TallyView):
    """The jobs of one value of each facet."""

    key: dict[str, str] = Field(description="Facet and value; empty where a job has none.", examples=[{"tag": "food"}])


class SpanView(BaseModel):
    """A stretch of time."""

    label: str = Field(description="As the clocks of the zone have it; an ISO week as 2026-W09.", examples=["2026-W09"])
    starts_at: datetime = Field(description="Its beginning, in UTC.")
    ends_at: datetime = Field(description="Its end, not part of it.")

    @staticmethod
    def fields_of(span: Span) -> dict[str, object]:
        """The fields of a span."""
        return {
            "label": span.label,
            "starts_at": span.since.astimezone(UTC),
            "ends_at": span.until.astimezone(UTC),
        }


class ColumnView(TallyView, SpanView):
    """One span of a series."""

    parts: list[BarView] = Field(description="What it consists of; the same keys in every span.")


class SecondsView(BaseModel):
    """How long something took."""

    p50: float | None = Field(description="Half of the jobs took no longer; a straight line within a bucket.")
    p95: float | None = Field(description="Nineteen of twenty jobs took no longer.")


class OverviewView(TallyView):
    """A range of days in one look."""

    range: RangeView = Field(description="The days.")
    openings: int = Field(description="How often results were opened or downloaded.")
    queue_s: SecondsView | None = Field(
        description="Seconds from due to begun; null by a filter that it is not kept for."
    )
    run_s: SecondsView | None = Field(description="Seconds from begun to ended; null likewise.")


class CountsView(BaseModel):
    """Bars, the longest first."""

    range: RangeView = Field(description="The days.")
    items: list[BarView] = Field(description="The bars; a job with two tags, or two destinations, stands in two.")
    left_out: int = Field(description="How many values there are besides.")
    total: TallyView = Field(description="All jobs of the range, each once.")


class VolumeView(BaseModel):
    """A series without gaps."""

    range: RangeView = Field(description="The days.")
    granularity: str = Field(description="How long a span is.")
    items: list[ColumnView] = Field(description="Every span of the range; the first and the last may be cut by it.")
    left_out: int = Field(description="How many values have no part of their own.")


class OpenedView(SpanView):
    """The openings of one span."""

    openings: int = Field(description="How often results were opened or downloaded.")
    bytes: int = Field(description="The sizes of these files, added up.")
    by_channel: dict[str, int] = Field(description="By the channel of the link; `manual`: downloads without one.")


class OpeningsView(BaseModel):
    """A series without gaps."""

    range: RangeView = Field(description="The days.")
    granularity: str = Field(description="How long a span is.")
    items: list[OpenedView] = Field(description="Every span of the range.")


class LargeView(BaseModel):
    """A large result."""

    job_id: UUID = Field(description="Id of the export job.")
    href: str = Field(description="Where the job is; others than its owner need MANAGE_EXPORTS.")
    user_id: UUID = Field(description="Whose it is.")
    type: str = Field(description="`export` or `report`.")
    dataset_name: str = Field(description="Name of the dataset, or of the template of a report.")
    format: str = Field(description="What the file is written as.")
    rows: int = Field(description="Rows of the file.")
    bytes: int = Field(description="Size of the file.")
    labels: LabelsView = Field(description="What the request says that it is for.")
    tags: list[str] = Field(description="Tags of the dataset at that time.")
    destinations: list[str] = Field(description="The channels it was meant for.")
    filters: AppliedFilters | None = Field(
        description="What the request narrowed; null where the job is not yours to see, since values may name people."
    )
    completed_at: datetime | None = Field(description="When it was completed.")


class RecentView(BaseModel):
    """The largest results of a range of days, the largest first."""

    range: RangeView = Field(description="The days.")
    items: list[LargeView] = Field(description="The results.")


class StoredView(BaseModel):
    """Files that are stored now."""

    dataset: str = Field(description="Name of the dataset, or of the template of a report.")
    format: str = Field(description="What they are written as.")
    files: int = Field(description="How many.")
    bytes: int = Field(description="Their sizes, added up.")


class CostView(BaseModel):
    """An estimate of a month, from the prices of the deployment."""

    currency: str = Field(description="Of all amounts.")
    storage: Decimal = Field(description="Were as much stored all the month as now.")
    requests: Decimal = Field(description="Of requests to the object store, as in the last thirty days.")
    egress: Decimal = Field(description="Of files that were opened, as in the last thirty days.")
    total: Decimal = Field(description="All three.")


class StorageView(BaseModel):
    """What is stored now, and what a month costs."""

    files: int = Field(description="Files that have not expired.")
    bytes: int = Field(description="Their sizes, added up.")
    items: list[StoredView] = Field(description="By dataset and format, the largest first.")
    uploads_30d: int = Field(description="Files written in the last thirty days.")
    uploaded_bytes_30d: int = Field(description="Their sizes, added up.")
    openings_30d: int = Field(description="How often files were opened in the last thirty days.")
    opened_bytes_30d: int = Field(description="The sizes of these files, added up.")
    cost: CostView = Field(description="The estimate.")
