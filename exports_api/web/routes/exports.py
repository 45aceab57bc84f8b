"""The pages of exports: all of the visitor's, and one with its progress, file and deliveries."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from exports_api.deps import Parts
from exports_api.paging import decode_cursor, encode_cursor
from exports_api.web.access import TO_EXPORT, VISITOR
from exports_api.web.export_form import again
from exports_api.web.page import drawn, headers_for
from exports_api.web.page_route import PageRoute
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import Page, SeenJob
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import UnknownExportJob
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.read_deliveries import read_deliveries
from exports_pipeline.usecases.read_exports import list_exports, may_see, open_download
from exports_pipeline.usecases.retry_export import retry_export

_ON_A_PAGE = 25
_MOST_AT_ONCE = 100
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ACTS: Mapping[str, Callable[..., ExportJob]] = MappingProxyType({"cancel": cancel_export, "retry": retry_export})
router = APIRouter(prefix="/exports", route_class=PageRoute, include_in_schema=False)


@router.get("", dependencies=[VISITOR])
async def get_exports(
    request: Request,
    who: VisitorOf,
    parts: Parts,
    status: Annotated[str, Query(max_length=20)] = "",
    dataset: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str, Query(max_length=200)] = "",
    everybody: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """The visitor's exports, newest first; everybody's for those who manage exports."""
    page = Page(
        limit=_ON_A_PAGE + 1,
        before=decode_cursor(cursor) if cursor else None,
        status=Status(status) if status in set(Status) else None,
        dataset=dataset or None,
    )
    jobs = await run_in_threadpool(list_exports, who.requester, page, ports=parts.ports, everybody=everybody)
    shown, rest = jobs[:_ON_A_PAGE], jobs[_ON_A_PAGE:]
    facts: dict[str, Any] = {
        "jobs": shown,
        "older": encode_cursor(shown[-1].created_at, shown[-1].id) if rest else "",
        "chosen": {"status": status, "dataset": dataset, "all": "true" if everybody else ""},
        "statuses": tuple(Status),
        "manages": who.requester.manages_exports,
        "now": parts.ports.clock(),
    }
    return drawn(request, "exports.html", session=who.session, **facts)


@router.post("", dependencies=[TO_EXPORT])
async def post_exports(who: VisitorOf, parts: Parts, form: FormOf, request: Request) -> Response:
    """Cancel or retry those that are ticked; one whose status does not allow it stays as it is."""
    ids = [UUID(str(each)) for each in form.getlist("job")[:_MOST_AT_ONCE] if _UUID.fullmatch(str(each))]
    await run_in_threadpool(_each, _act_of(form), ids, who.requester, parts.ports)
    parts.dispatch_soon()
    return RedirectResponse("/exports", status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))


@router.get("/{job_id}", dependencies=[VISITOR])
async def get_export(request: Request, who: VisitorOf, parts: Parts, job_id: UUID) -> Response:
    """One export; the page asks again by itself where scripts run, and has a button for it where not."""
    return drawn(request, "export.html", session=who.session, **await _facts(who, parts, job_id))


@router.get("/{job_id}/progress", dependencies=[VISITOR])
async def get_progress(request: Request, who: VisitorOf, parts: Parts, job_id: UUID) -> Response:
    """The part of that page that changes."""
    facts = await _facts(who, parts, job_id)
    answer = drawn(request, "progress.html", session=who.session, **facts)
    answer.headers["Export-Status"] = facts["job"].status
    return answer


@router.post("/{job_id}", dependencies=[TO_EXPORT])
async def post_export(request: Request, who: VisitorOf, parts: Parts, job_id: UUID, form: FormOf) -> Response:
    """Cancel it, or try it again."""
    await run_in_threadpool(_act_of(form), job_id, who.requester, ports=parts.ports)
    parts.dispatch_soon()
    return RedirectResponse(f"/exports/{job_id}", status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))


@router.get("/{job_id}/download", dependencies=[VISITOR])
async def get_download(request: Request, who: VisitorOf, parts: Parts, job_id: UUID) -> Response:
    """On to the file."""
    url = await run_in_threadpool(open_download, job_id, who.requester, ports=parts.ports)
    return RedirectResponse(url, status_code=HTTPStatus.TEMPORARY_REDIRECT, headers=headers_for(request))


async def _facts(who: Visitor, parts: Parts, job_id: UUID) -> dict[str, Any]:
    seen = await parts.looks.look(job_id)
    if seen is None or not may_see(who.requester, seen.job):
        raise UnknownExportJob(f"There is no export job {job_id} among yours.")
    deliveries = (
        await run_in_threadpool(read_deliveries, job_id, who.requester, ports=parts.ports)
        if seen.job.status is Status.COMPLETED
        else []
    )
    now = parts.ports.clock()
    facts = {"job": seen.job, "place": seen.place, "rate": _rate(seen, now), "deliveries": deliveries, "now": now}
    return {**facts, "again": again(seen.job)}


def _rate(seen: SeenJob, now: datetime) -> float | None:
    """Rows per second of the running attempt."""
    job: ExportJob = seen.job
    if job.status is not Status.RUNNING or job.started_at is None or not job.progress.rows:
        return None
    return job.progress.rows / max(0.001, (now - job.started_at).total_seconds())


def _act_of(form: FormData) -> Callable[..., ExportJob]:
    """What the pressed button does.

    Raises:
        RequestError: the page has no such button.
    """
    act = _ACTS.get(str(form.get("do")))
    if act is None:
        raise RequestError("The page has no such button; load it again.")
    return act


def _each(act: Callable[..., ExportJob], ids: list[UUID], requester: Requester, ports: ExportPorts) -> None:
    for job_id in ids:
        try:
            act(job_id, requester, ports=ports)
        except RequestError:
            continue
