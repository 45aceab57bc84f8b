"""The pages of the insights: how exports are used, the exports behind every figure, and all of it as a file."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from exports_api.deps import Parts
from exports_api.paging import decode_cursor, encode_cursor
from exports_api.web.access import TO_EXPORT, VISITOR
from exports_api.web.dashboard import dashboard
from exports_api.web.figures.insights import DESTINATIONS, InsightFigures, failure_rate
from exports_api.web.forms.insights import FIELDS, PRESETS, WITHOUT, InsightQuery, read_query
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.security import headers_for
from exports_api.web.viewing import viewing_of
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.insights import percentile
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.ledger import Page
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import NotAllowed
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_exports import list_exports
from exports_pipeline.usecases.read_insights import Overview, jobs_for, read_names
from exports_pipeline.usecases.request_insights import InsightsRequest, request_insights

FORMATS = (
    ("pdf", "PDF", "charts and tables to print or to send"),
    ("xlsx", "Excel workbook", "charts and tables to go on with"),
    ("csv", "CSV", "the figures alone, row by row"),
)
WIDGET_DAYS = (7, 30, 90, 365)
_INSTEAD = "These are the last 90 days instead."
_ON_A_PAGE = 50
_MEDIAN = 0.5
router = APIRouter(prefix="/insights", route_class=PageRoute, include_in_schema=False)


@router.get("", dependencies=[VISITOR])
async def get_insights(request: Request, who: VisitorOf, parts: Parts) -> Response:
    """The dashboard; its filters are its address."""
    return await _page(request, who, parts, dict(request.query_params))


@router.get("/jobs", dependencies=[VISITOR])
async def get_jobs(
    request: Request, who: VisitorOf, parts: Parts, cursor: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """The exports behind a figure, those requested last first.

    Raises:
        NotAllowed: they are others', whose exports the visitor may count and not see.
    """
    query = read_query(request.query_params, now=parts.ports.clock(), zone=viewing_of(request).zone)
    jobs = jobs_for(who.requester, query.jobs)
    if not may_list(who.requester, query):
        raise NotAllowed("You may see the figures of everybody's exports, but not the exports one by one.")
    page = Page(
        limit=_ON_A_PAGE + 1,
        before=decode_cursor(cursor) if cursor else None,
        status=Status(jobs.status) if jobs.status else None,
        dataset=jobs.dataset,
        completed_since=query.days.span.since,
        completed_until=query.days.span.until,
        jobs=JobFilter(tag=jobs.tag, plan=jobs.plan, destination=jobs.destination),
    )
    found = await run_in_threadpool(
        list_exports, who.requester, page, ports=parts.ports, user_id=jobs.user_id, everybody=jobs.user_id is None
    )
    shown, rest = found[:_ON_A_PAGE], found[_ON_A_PAGE:]
    people = {job.requester.user_id for job in shown} | ({jobs.user_id} if jobs.user_id else set())
    names = await run_in_threadpool(read_names, people, ports=parts.ports)
    facts: dict[str, Any] = {
        "query": query,
        "jobs": shown,
        "names": names if who.requester.manages_exports else {},
        "people": {str(each): name for each, name in names.items()},
        "destinations": DESTINATIONS,
        "without": WITHOUT,
        "older": encode_cursor(shown[-1].created_at, shown[-1].id) if rest else "",
        "now": parts.ports.clock(),
    }
    return drawn(request, "insight_jobs.html", session=who.session, **facts)


@router.post("/export", dependencies=[TO_EXPORT])
async def post_insights(request: Request, who: VisitorOf, parts: Parts, form: FormOf) -> Response:
    """Have the insights made as a file, and go to where it is watched."""
    try:
        query = read_query(form, now=parts.ports.clock(), zone=viewing_of(request).zone)
        wanted = _as_request(query, str(form.get("format") or ""))
        requested = await run_in_threadpool(request_insights, wanted, who.requester, ports=parts.ports)
    except RequestError as error:
        return await _page(request, who, parts, {name: str(value) for name, value in form.items()}, error.sentence)
    parts.dispatch_soon()
    to = f"/exports/{requested.job.id}"
    return RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))


async def _page(request: Request, who: Visitor, parts: Parts, given: dict[str, str], refusal: str = "") -> Response:
    view, now = viewing_of(request), parts.ports.clock()
    try:
        query = read_query(given, now=now, zone=view.zone)
    except RequestError as error:
        query, refusal = read_query({}, now=now, zone=view.zone), f"{error.sentence} {_INSTEAD}"
    found = await dashboard(query, who.requester, ports=parts.ports)
    draws = InsightFigures(query, view, leads=may_list(who.requester, query))
    facts: dict[str, Any] = {
        "query": query,
        "found": found,
        "figures": figures_of(found.course.overview),
        "charts": [
            draws.destinations(found.course.bars),
            draws.volume(found.course.points),
            draws.tags(found.tags),
            draws.plans(found.plans),
            draws.failures(found.course.points),
        ],
        "controls": [each for each in FIELDS if each in found.choices],
        "presets": PRESETS,
        "destinations": DESTINATIONS,
        "without": WITHOUT,
        "formats": FORMATS if who.requester.may_export else (),
        "widget_days": WIDGET_DAYS if request.app.state.seals.origins else (),
        "leads": may_list(who.requester, query),
        "sees_all": who.requester.views_insights,
        "manages": who.requester.manages_exports,
        "currency": parts.ports.prices.currency,
        "refusal": refusal,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    return drawn(request, "insights.html", session=who.session, status=status, **facts)


def may_list(requester: Requester, query: InsightQuery) -> bool:
    """Whether the exports behind the figures may be seen one by one: some may see figures of all, and no more."""
    is_own = not requester.views_insights or query.jobs.user_id == requester.user_id
    return is_own or requester.manages_exports


def figures_of(overview: Overview) -> dict[str, Any]:
    """The totals that stand above the charts."""
    tally, seconds = overview.tally, overview.seconds
    return {
        "exports": tally.jobs,
        "rows": tally.rows,
        "bytes": tally.bytes,
        "failed": tally.failed,
        "failure_rate": failure_rate(tally),
        "median_s": percentile(seconds.run, _MEDIAN) if seconds else None,
        "openings": overview.openings,
    }


def _as_request(query: InsightQuery, file_format: str) -> InsightsRequest:
    jobs = query.jobs
    values = {"plan": jobs.plan, "destinations": jobs.destination, "status": jobs.status}
    return InsightsRequest(
        format=file_format,
        first=query.days.first,
        last=query.days.last,
        timezone=query.days.timezone,
        datasets=() if jobs.dataset is None else (jobs.dataset,),
        tags=() if jobs.tag is None else (jobs.tag,),
        users=() if jobs.user_id is None else (jobs.user_id,),
        values={column: (value,) for column, value in values.items() if value is not None},
    )
