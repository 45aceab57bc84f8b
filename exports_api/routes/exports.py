"""Export jobs: request, list, look, download, cancel, retry."""

import json
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from structlog.contextvars import bind_contextvars

from exports_api.access import SIGNED_IN, TO_EXPORT
from exports_api.bodies import ExportBodyOf
from exports_api.deps import Caller, Parts
from exports_api.idempotency import IdempotencyKey, idempotency_key
from exports_api.paging import encode_cursor
from exports_api.recipients import recipients_of
from exports_api.routes.documented import body_of, header, problems
from exports_api.schemas.export_list import ListQuery
from exports_api.schemas.export_request import ExportBody, labels_of
from exports_api.schemas.exports import Accepted, ExportList, ExportView
from exports_api.schemas.manifest import Manifest
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import QueuePlace
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import UnknownExportJob
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.unmasking import NOT_LIFTED
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.enter_job import Requested
from exports_pipeline.usecases.read_exports import (
    changes_url,
    download_url,
    list_exports,
    may_change,
    may_see,
    open_download,
)
from exports_pipeline.usecases.receipts import read_manifest
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.retry_export import retry_export
from exports_pipeline.usecases.share import checked_teams

PREFIX = "/api/analytics/exports"
router = APIRouter(prefix=PREFIX, tags=["exports"])

JobId = Annotated[UUID, Path(description="Id of the export job.")]
_JSON = "application/json"
QUEUED = "The export is queued; GET the address in Location until its status is completed, failed or cancelled."
_LOCATION = header("Address of the export job.", example=f"{PREFIX}/1c9d0f6e-8b1e-4d0b-9a53-3a1f2f6c7b11")
_RETRY_AFTER = header("Seconds to wait before looking again; absent once the status is final.", example="1")
ACCEPTED = {
    "model": Accepted,
    "description": "Accepted.",
    "headers": {
        "Location": _LOCATION,
        "Retry-After": _RETRY_AFTER,
        "Export-Shared": header("`true` where the job was there already, and has not ended.", example="true"),
    },
}


@router.post(
    "",
    dependencies=[TO_EXPORT],
    status_code=202,
    summary="Request an export",
    responses={202: ACCEPTED, **problems(409, 413, 415, 422, 429)},
    openapi_extra=body_of(ExportBody),
)
async def post_export(caller: Caller, parts: Parts, body: ExportBodyOf, key: IdempotencyKey = None) -> Response:
    """Queue an export of a dataset and answer at once; the file is made in the background.

    GET the address in `Location` until `status` is completed, failed or cancelled.
    """
    requested = await run_in_threadpool(
        request_export,
        body.as_request(),
        caller,
        ports=parts.ports,
        idempotency_key=idempotency_key(key),
        recipients=await recipients_of(body.recipients, caller, parts.ports),
        labels=labels_of(body.labels),
        share=body.share,
        share_with=checked_teams(body.share_with or (), caller),
    )
    return queued(requested, parts, with_remark(QUEUED, caller, requested))


@router.get(
    "",
    dependencies=[SIGNED_IN],
    summary="List your exports",
    response_model=ExportList,
    responses=problems(403, 422),
)
async def get_exports(caller: Caller, parts: Parts, query: Annotated[ListQuery, Query()]) -> Response:
    """Your export jobs, newest first; with `shared` those that others share with you; with `user` those of others.

    A job of somebody else has no `download_url` here: its file is at its `/download`, where the look is noted.
    """
    return await run_in_threadpool(_page, caller, parts, query)


@router.get(
    "/{job_id}",
    dependencies=[SIGNED_IN],
    summary="Look at an export",
    response_model=ExportView,
    responses={200: {"description": "The job.", "headers": {"Retry-After": _RETRY_AFTER}}, **problems(404)},
)
async def get_export(caller: Caller, parts: Parts, job_id: JobId) -> Response:
    """Status, progress and, once completed, a link to the file that is made at every call and valid one hour.

    Whoever it is shared with finds the file at `/download`, where it is asked whether its owner might still make it.
    """
    seen = await parts.looks.look(job_id)
    if seen is None or not may_see(caller, seen.job):
        raise UnknownExportJob(f"There is no export job {job_id} among yours.")
    view = _view(seen.job, caller, parts, seen.place)
    headers = {"Cache-Control": "no-store"} | ({} if seen.job.status.is_final else {"Retry-After": "1"})
    return Response(view.model_dump_json(), media_type=_JSON, headers=headers)


@router.get(
    "/{job_id}/download",
    dependencies=[SIGNED_IN],
    status_code=307,
    response_class=RedirectResponse,
    summary="Download the file",
    responses={
        307: {"description": "The file is there.", "headers": {"Location": header("A link valid for one hour.")}},
        **problems(404, 409, 410),
    },
)
async def download(caller: Caller, parts: Parts, job_id: JobId) -> Response:
    """Redirect to the file in the object store."""
    url = await run_in_threadpool(open_download, job_id, caller, ports=parts.ports)
    return Response(status_code=307, headers={"Location": url, "Cache-Control": "no-store"})


@router.get(
    "/{job_id}/manifest",
    dependencies=[SIGNED_IN],
    summary="Read the receipt",
    response_model=Manifest,
    responses=problems(404, 409),
)
async def get_manifest(caller: Caller, parts: Parts, job_id: JobId) -> Response:
    """What the file holds, signed: digests, rows, control totals, filters, snapshot of the warehouse, redactions.

    Check it with `exports verify FILE MANIFEST`, or against the keys under `/.well-known/exports-signing-keys.json`.
    """
    manifest = await run_in_threadpool(read_manifest, job_id, caller, ports=parts.ports)
    # As it was signed: a model would write times and numbers in its own way.
    body = json.dumps(manifest, indent=1, ensure_ascii=False)
    return Response(body, media_type=_JSON, headers={"Cache-Control": "no-store"})


@router.post(
    "/{job_id}/cancel",
    dependencies=[SIGNED_IN],
    status_code=202,
    summary="Cancel an export",
    responses={202: ACCEPTED, **problems(404, 409)},
)
async def cancel(caller: Caller, parts: Parts, job_id: JobId) -> Response:
    """Stop a pending or running job; a running query is interrupted within a second and leaves no file."""
    job = await run_in_threadpool(cancel_export, job_id, caller, ports=parts.ports)
    parts.dispatch_soon()
    return accepted(job, Status.CANCELLED, "The export is cancelled.")


@router.post(
    "/{job_id}/retry",
    dependencies=[TO_EXPORT],
    status_code=202,
    summary="Retry an export",
    responses={202: ACCEPTED, **problems(404, 409)},
)
async def retry(caller: Caller, parts: Parts, job_id: JobId) -> Response:
    """Queue a failed or cancelled job again, as a new attempt."""
    job = await run_in_threadpool(retry_export, job_id, caller, ports=parts.ports)
    parts.dispatch_soon()
    return accepted(job, Status.PENDING, QUEUED)


def with_remark(message: str, caller: Requester, requested: Requested) -> str:
    """The message, and that UNMASK has no effect, for those who hold it and gave no reason."""
    is_lost = caller.may_unmask and not requested.job.requester.may_unmask
    return f"{message} {NOT_LIFTED}" if is_lost else message


def queued(requested: Requested, parts: Parts, message: str) -> Response:
    """The answer to a request that is in the ledger now, and is launched as soon as there is room."""
    job = requested.job
    bind_contextvars(job_id=str(job.id))  # the log's line of this request names both ids
    parts.dispatch_soon()
    if not (requested.is_replay or requested.is_shared):
        parts.metrics.export_requested(job.format)
    # A replay gets the first answer again, whatever has become of the job since.
    answer = accepted(job, job.status if requested.is_shared else Status.PENDING, message)
    if requested.is_replay:
        answer.headers["Idempotency-Replayed"] = "true"
    if requested.is_shared:
        answer.headers["Export-Shared"] = "true"
    return answer


def accepted(job: ExportJob, status: Status, message: str) -> Response:
    """The answer to a request that was taken."""
    body = Accepted.model_construct(job_id=job.id, status=status, message=message)
    headers = {"Location": f"{PREFIX}/{job.id}", "Cache-Control": "no-store"}
    if not status.is_final:
        headers["Retry-After"] = "1"
    return Response(body.model_dump_json(), status_code=202, media_type=_JSON, headers=headers)


def _view(job: ExportJob, caller: Caller, parts: Parts, place: QueuePlace | None = None) -> ExportView:
    """What a caller sees of a job; links to its files are for its owner, since whoever else downloads it is noted."""
    ports = parts.ports
    if not may_change(caller, job):
        job = replace(job, shared_with=tuple(each for each in job.shared_with if each in caller.teams))
    if caller.user_id != job.requester.user_id:
        return ExportView.of(job, download_url=None, changes_url=None, place=place)
    return ExportView.of(
        job, download_url=download_url(job, ports=ports), changes_url=changes_url(job, ports=ports), place=place
    )


def _page(caller: Caller, parts: Parts, query: ListQuery) -> Response:
    jobs = list_exports(
        caller,
        query.as_page(),
        ports=parts.ports,
        user_id=query.user_id,
        everybody=query.user == "all",
        is_shared=query.shared,
    )
    shown, rest = jobs[: query.limit], jobs[query.limit :]
    page = ExportList(
        items=[_view(job, caller, parts) for job in shown],
        next_cursor=encode_cursor(shown[-1].created_at, shown[-1].id) if rest else None,
    )
    return Response(page.model_dump_json(), media_type=_JSON, headers={"Cache-Control": "no-store"})
