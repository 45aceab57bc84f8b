"""Reports: templates, request, look, preview."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import SIGNED_IN, TO_EXPORT
from exports_api.bodies import PreviewBodyOf, ReportBodyOf
from exports_api.deps import Caller, Parts
from exports_api.idempotency import IdempotencyKey, idempotency_key
from exports_api.recipients import recipients_of
from exports_api.routes.documented import body_of, problems
from exports_api.routes.exports import ACCEPTED, JobId, get_export, queued, with_remark
from exports_api.schemas.export_request import labels_of
from exports_api.schemas.exports import ExportView
from exports_api.schemas.reports import PreviewBody, ReportBody, TemplateList, TemplateView
from exports_pipeline.usecases.preview_report import preview_report
from exports_pipeline.usecases.request_report import request_report
from exports_pipeline.usecases.share import checked_teams

PREFIX = "/api/analytics/reports"
router = APIRouter(prefix=PREFIX, tags=["reports"])
_QUEUED = "The report is queued; GET the address in Location until its status is completed, failed or cancelled."
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""Of a report shown as a page: it bears its own style and no script, and may do nothing."""


@router.get("/templates", dependencies=[SIGNED_IN], summary="List the report templates", responses=problems())
async def get_templates(_caller: Caller, parts: Parts) -> TemplateList:
    """The report templates with their parameters."""
    return TemplateList(items=[TemplateView.of(template) for template in parts.ports.reports.templates()])


@router.post(
    "",
    dependencies=[TO_EXPORT],
    status_code=202,
    summary="Request a report",
    responses={202: ACCEPTED, **problems(409, 413, 415, 422, 429)},
    openapi_extra=body_of(ReportBody),
)
async def post_report(caller: Caller, parts: Parts, body: ReportBodyOf, key: IdempotencyKey = None) -> Response:
    """Queue a report and answer at once; it is an export job, with the same status, download, cancel and retry."""
    requested = await run_in_threadpool(
        request_report,
        body.template,
        body.params or {},
        body.format,
        caller,
        ports=parts.ports,
        idempotency_key=idempotency_key(key),
        recipients=await recipients_of(body.recipients, caller, parts.ports),
        labels=labels_of(body.labels),
        share=body.share,
        unmask_reason=body.unmask_reason,
        share_with=checked_teams(body.share_with or (), caller),
    )
    return queued(requested, parts, with_remark(_QUEUED, caller, requested))


@router.post(
    "/preview",
    dependencies=[TO_EXPORT],
    summary="See a report as a page",
    response_class=Response,
    responses={
        200: {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}},
        **problems(413, 415, 422),
    },
    openapi_extra=body_of(PreviewBody),
)
async def post_preview(caller: Caller, parts: Parts, body: PreviewBodyOf) -> Response:
    """The report as one HTML page, made while you wait and kept nowhere."""
    page = await run_in_threadpool(
        preview_report,
        body.template,
        body.params or {},
        caller,
        ports=parts.ports,
        unmask_reason=body.unmask_reason,
    )
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": PAGE_POLICY}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@router.get(
    "/{job_id}",
    dependencies=[SIGNED_IN],
    summary="Look at a report",
    response_model=ExportView,
    responses=problems(404),
)
async def get_report(caller: Caller, parts: Parts, job_id: JobId) -> Response:
    """The same answer as that of the export job."""
    return await get_export(caller, parts, job_id)
