"""The pages of reports: the gallery of templates, and the form that makes one."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from exports_api.deps import Parts
from exports_api.routes.reports import PAGE_POLICY
from exports_api.web.access import TO_EXPORT, VISITOR
from exports_api.web.assets import asset, is_asset
from exports_api.web.forms.report import controls_of, parameters_of
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.security import headers_for
from exports_api.web.teams import teams_in, teams_of
from exports_api.web.viewing import viewing_of
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.errors import ExportError, RequestError
from exports_pipeline.core.formats import Format
from exports_pipeline.core.parameters import TemplateFacts
from exports_pipeline.usecases.preview_report import preview_report
from exports_pipeline.usecases.request_report import request_report

FORMATS = (
    (Format.PDF, "PDF", "pages to print or to send"),
    (Format.XLSX, "Excel workbook", "tables and charts to go on with"),
    (Format.HTML, "Web page", "one file that opens anywhere"),
)
router = APIRouter(prefix="/reports", route_class=PageRoute, include_in_schema=False)


@router.get("", dependencies=[VISITOR])
async def get_reports(request: Request, who: VisitorOf, parts: Parts) -> Response:
    """All templates."""
    templates = parts.ports.reports.templates()
    pictures = {each.name: asset(name) for each in templates if is_asset(name := f"report-{each.name}.webp")}
    facts: dict[str, Any] = {"templates": templates, "pictures": pictures, "may_export": who.requester.may_export}
    return drawn(request, "reports.html", session=who.session, **facts)


@router.get("/{name}", dependencies=[VISITOR])
async def get_report(request: Request, who: VisitorOf, parts: Parts, name: str) -> Response:
    """The form of a template; an address with its fields fills them."""
    template = parts.ports.reports.find(name)
    given = FormData([*request.query_params.multi_items()])
    return await _form(request, who, parts, template, given)


@router.post("/{name}", dependencies=[TO_EXPORT])
async def post_report(request: Request, who: VisitorOf, parts: Parts, name: str, form: FormOf) -> Response:
    """Show the form again for another dataset, or request the report."""
    template = parts.ports.reports.find(name)
    if form.get("do") == "schedule":
        return _scheduled(request, template, form)
    if form.get("do") != "make":
        return await _form(request, who, parts, template, form)
    wanted = str(form.get("format") or Format.PDF)
    try:
        requested = await run_in_threadpool(
            request_report,
            name,
            parameters_of(template, form),
            wanted,
            who.requester,
            ports=parts.ports,
            share_with=teams_in(form, who.requester),
        )
    except RequestError as error:
        return await _form(request, who, parts, template, form, refusal=error.sentence)
    parts.dispatch_soon()
    to = f"/exports/{requested.job.id}"
    return RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))


@router.post("/{name}/preview", dependencies=[TO_EXPORT])
async def post_preview(request: Request, who: VisitorOf, parts: Parts, name: str, form: FormOf) -> Response:
    """The report as a page, made while the visitor waits and kept nowhere."""
    template = parts.ports.reports.find(name)
    try:
        page = await run_in_threadpool(
            preview_report, name, parameters_of(template, form), who.requester, ports=parts.ports
        )
    except ExportError as error:
        return await _form(request, who, parts, template, form, refusal=error.sentence)
    headers = headers_for(request) | {"Content-Security-Policy": PAGE_POLICY}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def _scheduled(request: Request, template: TemplateFacts, form: FormData) -> Response:
    """On to the form of a schedule, with what was filled in here."""
    given = parameters_of(template, form).items()
    query = urlencode([("from_report", template.name), ("format", str(form.get("format") or "")), *given], doseq=True)
    return RedirectResponse(f"/schedules/new?{query}", HTTPStatus.SEE_OTHER, headers=headers_for(request))


async def _form(
    request: Request, who: Visitor, parts: Parts, template: TemplateFacts, form: FormData, *, refusal: str = ""
) -> Response:
    controls = controls_of(
        template,
        parameters_of(template, form),
        catalog=parts.ports.catalog,
        requester=who.requester,
        zone=viewing_of(request).zone,
    )
    facts: dict[str, Any] = {"template": template, "controls": controls, "refusal": refusal, "formats": FORMATS}
    facts |= {
        "format": str(form.get("format") or Format.PDF),
        "teams": await run_in_threadpool(teams_of, who.requester, parts.ports),
        "chosen_teams": form.getlist("share_with"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    return drawn(request, "report.html", session=who.session, status=status, **facts)
