"""Sharing: which teams see a job, run a schedule, send to a destination."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import signed_in
from exports_api.deps import Caller, Parts
from exports_api.routes.destinations import PREFIX as DESTINATIONS
from exports_api.routes.destinations import DestinationId
from exports_api.routes.documented import body_of, problems
from exports_api.routes.exports import PREFIX as EXPORTS
from exports_api.routes.exports import JobId
from exports_api.routes.schedules import PREFIX as SCHEDULES
from exports_api.routes.schedules import ScheduleId
from exports_api.schemas.sharing import SharingBody, SharingView
from exports_api.sharing_bodies import SharingBodyOf
from exports_pipeline.usecases.share import share_destination, share_export, share_schedule

router = APIRouter(tags=["teams"])
_OWNER = signed_in("those who manage such things may take away what others share")
_REFUSALS = problems(404, 413, 415, 422)
_BODY: dict[str, Any] = body_of(SharingBody)


@router.put(
    EXPORTS + "/{job_id}/sharing",
    dependencies=[_OWNER],
    summary="Share an export",
    response_model=SharingView,
    responses=_REFUSALS,
    openapi_extra=_BODY,
)
async def put_export_sharing(caller: Caller, parts: Parts, job_id: JobId, body: SharingBodyOf) -> Response:
    """Let teams of yours see and download an export; it holds the rows that your rights selected, not theirs."""
    return _answer(await run_in_threadpool(share_export, job_id, body.share_with, caller, ports=parts.ports))


@router.put(
    SCHEDULES + "/{schedule_id}/sharing",
    dependencies=[_OWNER],
    summary="Share a schedule",
    response_model=SharingView,
    responses=_REFUSALS,
    openapi_extra=_BODY,
)
async def put_schedule_sharing(caller: Caller, parts: Parts, schedule_id: ScheduleId, body: SharingBodyOf) -> Response:
    """Let teams of yours see, pause and run a schedule; it goes on with your rights, and its results stay yours."""
    return _answer(await run_in_threadpool(share_schedule, schedule_id, body.share_with, caller, ports=parts.ports))


@router.put(
    DESTINATIONS + "/{destination_id}/sharing",
    dependencies=[_OWNER],
    summary="Share a destination",
    response_model=SharingView,
    responses=_REFUSALS,
    openapi_extra=_BODY,
)
async def put_destination_sharing(
    caller: Caller, parts: Parts, destination_id: DestinationId, body: SharingBodyOf
) -> Response:
    """Let teams of yours send to a destination, without learning its secrets or changing it."""
    teams = await run_in_threadpool(share_destination, destination_id, body.share_with, caller, ports=parts.ports)
    return _answer(teams)


def _answer(teams: tuple[UUID, ...]) -> Response:
    body = SharingView(share_with=list(teams)).model_dump_json()
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
