"""Turns what the insights found into what clients see, each figure with the address of its jobs."""

from collections.abc import Sequence
from datetime import UTC

from exports_api.job_links import jobs_link
from exports_api.schemas.exports import AppliedFilters, LabelsView
from exports_api.schemas.insights import (
    BarView,
    ColumnView,
    CostView,
    CountsView,
    LargeView,
    OverviewView,
    RangeView,
    SecondsView,
    SpanView,
    StorageView,
    StoredView,
    TallyView,
)
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.insights import Facet, Tally, percentile
from exports_pipeline.core.job_filter import MANUAL, JobFilter
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.time_spans import Days, Span
from exports_pipeline.usecases.read_exports import may_see
from exports_pipeline.usecases.read_insights import Bar, Bars, Column, Overview, Storage

_MEDIAN, _P95 = 0.5, 0.95


def overview_view(found: Overview, jobs: JobFilter, days: Days, requester: Requester) -> OverviewView:
    """Totals as clients see them."""
    return OverviewView.model_validate(
        {
            **TallyView.figures_of(found.tally, jobs_link(jobs, days.span, requester)),
            "range": RangeView.of(days),
            "openings": found.openings,
            "queue_s": _seconds(found.seconds.queue) if found.seconds else None,
            "run_s": _seconds(found.seconds.run) if found.seconds else None,
        }
    )


def counts_view(
    found: Bars, total: Bars, by: Sequence[Facet], jobs: JobFilter, days: Days, requester: Requester
) -> CountsView:
    """Bars as clients see them."""
    whole = total.bars[0].tally if total.bars else Tally()
    return CountsView(
        range=RangeView.of(days),
        items=[_bar(each, by, jobs, days.span, requester) for each in found.bars],
        left_out=found.left_out,
        total=TallyView.model_validate(TallyView.figures_of(whole, jobs_link(jobs, days.span, requester))),
    )


def column_view(found: Column, by: Facet | None, jobs: JobFilter, requester: Requester) -> ColumnView:
    """A span of a series as clients see it."""
    return ColumnView.model_validate(
        {
            **SpanView.fields_of(found.span),
            **TallyView.figures_of(found.tally, jobs_link(jobs, found.span, requester)),
            "parts": [_bar(each, (by,), jobs, found.span, requester) for each in found.parts] if by else [],
        }
    )


def large_view(job: ExportJob, requester: Requester) -> LargeView:
    """A large result as clients see it; filters, whose values may name people, to those alone who see the job."""
    return LargeView(
        job_id=job.id,
        href=f"/api/analytics/exports/{job.id}",
        user_id=job.requester.user_id,
        type=job.type,
        dataset_name=job.dataset,
        format=job.format,
        rows=job.progress.rows,
        bytes=job.progress.bytes,
        labels=LabelsView(list=job.labels.list or None, plan=job.labels.plan or None),
        tags=list(job.tag_summary),
        destinations=sorted({str(each.channel) for each in job.recipients}) or [MANUAL],
        filters=AppliedFilters.of(job.filters) if may_see(requester, job) else None,
        completed_at=job.completed_at.astimezone(UTC) if job.completed_at else None,
    )


def storage_view(found: Storage, currency: str) -> StorageView:
    """What is stored, as clients see it."""
    cost, usage = found.cost, found.usage
    return StorageView(
        files=sum(each.files for each in found.stored),
        bytes=usage.stored_bytes,
        items=[
            StoredView(dataset=each.dataset, format=each.format, files=each.files, bytes=each.bytes)
            for each in found.stored
        ],
        uploads_30d=usage.uploads,
        uploaded_bytes_30d=usage.uploaded_bytes,
        openings_30d=usage.openings,
        opened_bytes_30d=usage.opened_bytes,
        cost=CostView(
            currency=currency, storage=cost.storage, requests=cost.requests, egress=cost.egress, total=cost.total
        ),
    )


def _bar(bar: Bar, by: Sequence[Facet], jobs: JobFilter, span: Span, requester: Requester) -> BarView:
    key = dict(zip(by, bar.key, strict=True))
    link = jobs_link(jobs, span, requester, key)
    return BarView.model_validate(
        {**TallyView.figures_of(bar.tally, link), "key": {str(facet): value for facet, value in key.items()}}
    )


def _seconds(counts: Sequence[int]) -> SecondsView:
    return SecondsView(p50=percentile(counts, _MEDIAN), p95=percentile(counts, _P95))
