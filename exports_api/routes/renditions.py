"""Renditions: another format of a result."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import TO_EXPORT
from exports_api.bodies import RenditionBodyOf
from exports_api.deps import Caller, Parts
from exports_api.idempotency import IdempotencyKey, idempotency_key
from exports_api.routes.documented import body_of, problems
from exports_api.routes.exports import ACCEPTED, PREFIX, QUEUED, JobId, queued
from exports_api.schemas.renditions import RenditionBody
from exports_pipeline.usecases.request_rendition import request_rendition

router = APIRouter(prefix=PREFIX, tags=["exports"])


@router.post(
    "/{job_id}/renditions",
    dependencies=[TO_EXPORT],
    status_code=202,
    summary="Request another format of a result",
    responses={202: ACCEPTED, **problems(403, 404, 409, 413, 415, 422, 429)},
    openapi_extra=body_of(RenditionBody),
)
async def post_rendition(
    caller: Caller, parts: Parts, job_id: JobId, body: RenditionBodyOf, key: IdempotencyKey = None
) -> Response:
    """Queue another format of the result of a completed export or report of yours, under the same rights.

    It is made of the snapshot of the warehouse that the result was made of; 409 `snapshot_gone` once another one is
    published. The same rendition requested again while it is queued or made is the same job.
    """
    requested = await run_in_threadpool(
        request_rendition,
        job_id,
        body.format,
        body.options or {},
        caller,
        ports=parts.ports,
        idempotency_key=idempotency_key(key),
    )
    return queued(requested, parts, QUEUED)
