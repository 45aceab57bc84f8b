"""The page that lists exports: the visitor's own, those shared with them, or everybody's."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.responses import RedirectResponse

from exports_api.deps import Parts
from exports_api.paging import encode_cursor
from exports_api.web.access import TO_EXPORT, VISITOR
from exports_api.web.forms.export_list import ON_A_PAGE, ListForm
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.security import headers_for
from exports_api.web.viewing import viewing_of
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.formats import Format
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.read_datasets import list_datasets
from exports_pipeline.usecases.read_exports import list_exports
from exports_pipeline.usecases.retry_export import retry_export

_MOST_AT_ONCE = 100
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACTS: Mapping[str, Callable[..., ExportJob]] = MappingProxyType({"cancel": cancel_export, "retry": retry_export})
Act = TypeVar("Act", bound=Callable[..., object])
_DONE = {"cancel": "cancelled", "retry": "queued again"}
router = APIRouter(prefix="/exports", route_class=PageRoute, include_in_schema=False)


@router.get("", dependencies=[VISITOR])
async def get_exports(request: Request, who: VisitorOf, parts: Parts) -> Response:
    """The list, newest first, with its filters."""
    facts = await run_in_threadpool(_facts, request, who, parts)
    chosen = {each.dataset for each in facts["jobs"]} | {facts["form"].shown["dataset"]}
    known = {each.name: each.title or each.name for each in list_datasets(who.requester, ports=parts.ports)}
    facts |= {
        "datasets": {**{name: name for name in sorted(chosen - {""})}, **known},
        "statuses": tuple(Status),
        "formats": tuple(Format),
        "said": _said(request.query_params),
    }
    return drawn(request, "exports.html", session=who.session, **facts)


@router.get("/table", dependencies=[VISITOR])
async def get_table(request: Request, who: VisitorOf, parts: Parts) -> Response:
    """The table alone, for the script that keeps it up to date."""
    facts = await run_in_threadpool(_facts, request, who, parts)
    return drawn(request, "exports_table.html", session=who.session, **facts)


@router.post("", dependencies=[TO_EXPORT])
async def post_exports(who: VisitorOf, parts: Parts, form: FormOf, request: Request) -> Response:
    """Cancel or retry those that are ticked; one whose status does not allow it stays as it is, and is counted."""
    ids = [UUID(str(each)) for each in form.getlist("job")[:_MOST_AT_ONCE] if _UUID.fullmatch(str(each))]
    done = await run_in_threadpool(_each, pressed(form, ACTS), ids, who.requester, parts.ports)
    parts.dispatch_soon()
    filters = ListForm.read(QueryParams(str(form.get("back") or "")), zone=viewing_of(request).zone)
    told = filters.address(did=str(form["do"]), done=str(done), left=str(len(ids) - done))
    return RedirectResponse(f"/exports?{told}", status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))


def pressed(form: FormData, acts: Mapping[str, Act]) -> Act:
    """What the pressed button of a form does.

    Raises:
        RequestError: the page has no such button.
    """
    act = acts.get(str(form.get("do")))
    if act is None:
        raise RequestError("The page has no such button; load it again.")
    return act


def _facts(request: Request, who: Visitor, parts: Parts) -> dict[str, Any]:
    form = ListForm.read(request.query_params, zone=viewing_of(request).zone)
    query = form.query
    jobs = list_exports(
        who.requester,
        query.as_page(),
        ports=parts.ports,
        user_id=query.user_id,
        everybody=query.user == "all",
        is_shared=query.shared,
    )
    shown, rest = jobs[:ON_A_PAGE], jobs[ON_A_PAGE:]
    return {
        "jobs": shown,
        "form": form,
        "cursor": query.cursor or "",
        "older": form.address(cursor=encode_cursor(shown[-1].created_at, shown[-1].id)) if rest else "",
        "is_live": any(not each.status.is_final for each in shown),
        "now": parts.ports.clock(),
    }


def _each(act: Callable[..., ExportJob], ids: list[UUID], requester: Requester, ports: ExportPorts) -> int:
    done = 0
    for job_id in ids:
        try:
            act(job_id, requester, ports=ports)
        except RequestError:
            continue
        done += 1
    return done


def _said(params: QueryParams) -> str:
    """What the last button did, as the address tells it."""
    done, left = (int(text) if (text := params.get(name, "")).isdecimal() else 0 for name in ("done", "left"))
    if params.get("did") not in _DONE:
        return ""
    if not done + left:
        return "Nothing was ticked."
    kept = f" {left} stayed as {'it was' if left == 1 else 'they were'}." if left else ""
    return f"{done} {_DONE[params['did']]}.{kept}"
