"""Drill-down: the address of the list of exactly those jobs that a figure counts."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from exports_pipeline.core.insights import Facet
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.time_spans import Span

_LIST = "/api/analytics/exports"


def jobs_link(jobs: JobFilter, span: Span, requester: Requester, key: Mapping[Facet, str] | None = None) -> str:
    """The list of the jobs that a filter means, that ended in a span, and that have these values of facets."""
    whose = str(jobs.user_id) if jobs.user_id else "all" if requester.views_insights else None
    wanted: dict[str, str | None] = {
        "user": whose,
        "dataset": jobs.dataset,
        "type": jobs.type,
        "tag": jobs.tag,
        "format": jobs.format,
        "destination": jobs.destination,
        "list": jobs.list,
        "plan": jobs.plan,
        "status": jobs.status,
        "error": jobs.error_code,
        "completed_from": _told(span.since),
        "completed_to": _told(span.until),
        **{str(facet): value for facet, value in (key or {}).items()},
    }
    return f"{_LIST}?{urlencode({name: value for name, value in wanted.items() if value is not None})}"


def _told(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
