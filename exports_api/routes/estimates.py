"""Estimates: what an export would be."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import TO_EXPORT
from exports_api.bodies import ExportBodyOf
from exports_api.deps import Caller, Parts
from exports_api.recipients import recipients_of
from exports_api.routes.documented import body_of, problems
from exports_api.routes.exports import PREFIX
from exports_api.schemas.estimates import EstimateView
from exports_api.schemas.export_request import ExportBody
from exports_pipeline.usecases.estimate_export import estimate_export

router = APIRouter(prefix=PREFIX, tags=["exports"])


@router.post(
    "/estimate",
    dependencies=[TO_EXPORT],
    summary="Estimate an export",
    response_model=EstimateView,
    responses=problems(413, 415, 422),
    openapi_extra=body_of(ExportBody),
)
async def post_estimate(caller: Caller, parts: Parts, body: ExportBodyOf) -> Response:
    """Rows, bytes, seconds, whether it fits the format, and the first rows, for the body of an export.

    Nothing is queued. It takes at most about a second; what cannot be learned by then is null.
    """
    await recipients_of(body.recipients, caller, parts.ports)  # refused here as they would be there
    estimate = await run_in_threadpool(estimate_export, body.as_request(), caller, ports=parts.ports)
    answer = EstimateView.of(estimate).model_dump_json()
    return Response(answer, media_type="application/json", headers={"Cache-Control": "no-store"})
