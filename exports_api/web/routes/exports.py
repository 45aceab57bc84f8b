"""The page of one export: its progress, its file, who gets it, and what can be done with it next."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from exports_api.deps import Parts
from exports_api.web.access import TO_EXPORT, VISITOR, may_operate
from exports_api.web.forms.export import STYLES, again, style_named
from exports_api.web.forms.recipients import ways_of
from exports_api.web.next_step import next_step
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.routes.export_list import ACTS, pressed
from exports_api.web.routes.reports import FORMATS
from exports_api.web.run_links import run_link
from exports_api.web.security import headers_for
from exports_api.web.teams import names_of
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.errors import ExportError, RequestError
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import SeenJob
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import UnknownExportJob
from exports_pipeline.usecases.read_deliveries import SeenDelivery, read_deliveries, revoke_link, send_again
from exports_pipeline.usecases.read_exports import may_change, may_see, open_download
from exports_pipeline.usecases.request_rendition import request_rendition

_ACTS_ON_DELIVERIES = {"again": send_again, "close": revoke_link}
router = APIRouter(prefix="/exports", route_class=PageRoute, include_in_schema=False)


@router.get("/{job_id}", dependencies=[VISITOR])
async def get_export(
    request: Request, who: VisitorOf, parts: Parts, job_id: UUID, download: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """One export; the page asks again by itself where scripts run, and has a button for it where not."""
    facts = await _facts(request, who, parts, job_id)
    return drawn(request, "export.html", session=who.session, downloads_itself=bool(download), refusal="", **facts)


@router.get("/{job_id}/progress", dependencies=[VISITOR])
async def get_progress(request: Request, who: VisitorOf, parts: Parts, job_id: UUID) -> Response:
    """The part of that page that changes."""
    facts = await _facts(request, who, parts, job_id)
    answer = drawn(request, "progress.html", session=who.session, **facts)
    answer.headers["Export-Status"] = facts["job"].status
    return answer


@router.post("/{job_id}", dependencies=[TO_EXPORT])
async def post_export(request: Request, who: VisitorOf, parts: Parts, job_id: UUID, form: FormOf) -> Response:
    """Cancel it, or try it again; what has ended meanwhile is told on its page."""
    try:
        await run_in_threadpool(pressed(form, ACTS), job_id, who.requester, ports=parts.ports)
    except RequestError as error:
        return await _refused(request, who, parts, job_id, error)
    parts.dispatch_soon()
    return _to(f"/exports/{job_id}", request)


@router.post("/{job_id}/renditions", dependencies=[TO_EXPORT])
async def post_rendition(request: Request, who: VisitorOf, parts: Parts, job_id: UUID, form: FormOf) -> Response:
    """Have the same result made in another format."""
    wanted, options = str(form.get("format") or ""), {}
    if not wanted:
        style = style_named(str(form.get("style")))
        wanted, options = style.format, dict(style.options)
    try:
        requested = await run_in_threadpool(
            request_rendition, job_id, wanted, options, who.requester, ports=parts.ports
        )
    except ExportError as error:
        return await _refused(request, who, parts, job_id, error)
    parts.dispatch_soon()
    return _to(f"/exports/{requested.job.id}", request)


@router.post("/{job_id}/deliveries/{delivery_id}", dependencies=[TO_EXPORT])
async def post_delivery(
    request: Request, who: VisitorOf, parts: Parts, job_id: UUID, delivery_id: UUID, form: FormOf
) -> Response:
    """Send a delivery again, or close its link."""
    act = pressed(form, _ACTS_ON_DELIVERIES)
    try:
        await run_in_threadpool(act, job_id, delivery_id, who.requester, ports=parts.ports)
    except RequestError as error:
        return await _refused(request, who, parts, job_id, error)
    return _to(f"/exports/{job_id}", request)


@router.get("/{job_id}/download", dependencies=[VISITOR])
async def get_download(request: Request, who: VisitorOf, parts: Parts, job_id: UUID) -> Response:
    """On to the file."""
    url = await run_in_threadpool(open_download, job_id, who.requester, ports=parts.ports)
    return RedirectResponse(url, status_code=HTTPStatus.TEMPORARY_REDIRECT, headers=headers_for(request))


async def _refused(request: Request, who: Visitor, parts: Parts, job_id: UUID, error: ExportError) -> Response:
    """The page as it is now, with what was refused on it."""
    facts = await _facts(request, who, parts, job_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    facts |= {"refusal": error.sentence, "downloads_itself": False}
    return drawn(request, "export.html", session=who.session, status=status, **facts)


async def _facts(request: Request, who: Visitor, parts: Parts, job_id: UUID) -> dict[str, Any]:
    seen = await parts.looks.look(job_id)
    if seen is None or not may_see(who.requester, seen.job):
        raise UnknownExportJob(f"There is no export job {job_id} among yours.")
    job, is_theirs, now = seen.job, may_change(who.requester, seen.job), parts.ports.clock()
    deliveries: list[SeenDelivery] = []
    if is_theirs and job.status.is_final:
        deliveries = await run_in_threadpool(read_deliveries, job_id, who.requester, ports=parts.ports)
    names: dict[UUID, str] = {}
    if any(each.delivery.recipient.destination_id for each in deliveries):
        ways = await run_in_threadpool(ways_of, who.requester, parts.ports)
        names = {each.id: each.name for each in ways.destinations}
    return {
        "job": job,
        "place": seen.place,
        "rate": _rate(seen, now),
        "deliveries": deliveries,
        "destinations": names,
        "now": now,
        "again": again(job),
        "step": next_step(job.error) if job.status is Status.FAILED else None,
        "is_theirs": is_theirs,
        "shared_with": await run_in_threadpool(names_of, job.shared_with, who.requester, parts.ports),
        "other_formats": _other_formats(who, job, now),
        "run": run_link(request, job) if may_operate(who.requester) else "",
    }


def _other_formats(who: Visitor, job: ExportJob, now: datetime) -> list[tuple[str, str, str]]:
    """Field, value and title of each format that the result may be had in besides; of one's own results alone."""
    is_own = job.requester.user_id == who.requester.user_id and who.requester.may_export
    if job.result is None or job.is_expired(now) or not is_own:
        return []
    if job.type == "report":
        return [("format", str(value), title) for value, title, _ in FORMATS if value != job.format]
    return [("style", each.name, each.title) for each in STYLES if each.format != job.format]


def _rate(seen: SeenJob, now: datetime) -> float | None:
    """Rows per second of the running attempt."""
    job: ExportJob = seen.job
    if job.status is not Status.RUNNING or job.started_at is None or not job.progress.rows:
        return None
    return job.progress.rows / max(0.001, (now - job.started_at).total_seconds())


def _to(path: str, request: Request) -> Response:
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))
