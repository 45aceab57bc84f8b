"""The insights about exports, as a file."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import TO_EXPORT
from exports_api.bodies import InsightsExportBodyOf
from exports_api.deps import Caller, Parts
from exports_api.idempotency import IdempotencyKey, idempotency_key
from exports_api.recipients import recipients_of
from exports_api.routes.documented import body_of, problems
from exports_api.routes.exports import ACCEPTED, QUEUED, queued
from exports_api.schemas.insights_export import InsightsExportBody
from exports_pipeline.usecases.request_insights import request_insights

router = APIRouter(prefix="/api/analytics/insights", tags=["insights"])


@router.post(
    "/export",
    dependencies=[TO_EXPORT],
    status_code=202,
    summary="Request the insights about exports",
    responses={202: ACCEPTED, **problems(403, 409, 413, 415, 422, 429)},
    openapi_extra=body_of(InsightsExportBody),
)
async def post_insights(
    caller: Caller, parts: Parts, body: InsightsExportBodyOf, key: IdempotencyKey = None
) -> Response:
    """Queue how exports were used, as a report with charts (pdf, xlsx) or as rows (csv), and answer at once.

    It is about the jobs that were requested with your owner key; with VIEW_INSIGHTS_ALL or EXPORT_ALL, about all.
    """
    requested = await run_in_threadpool(
        request_insights,
        body.as_request(),
        caller,
        ports=parts.ports,
        idempotency_key=idempotency_key(key),
        recipients=await recipients_of(body.recipients, caller, parts.ports),
    )
    return queued(requested, parts, QUEUED)
