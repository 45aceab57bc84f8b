"""Schedules: create, list, look, change, delete, pause, resume, run now, preview, and their tick ledgers."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from exports_api.access import SIGNED_IN, TO_EXPORT
from exports_api.deps import Caller, Parts
from exports_api.paging import encode_cursor
from exports_api.routes.documented import body_of, header, problems
from exports_api.schedule_bodies import CronBodyOf, ScheduleBodyOf, SchedulePatchOf
from exports_api.schedule_drafts import change_as_described, create_as_described
from exports_api.schemas.schedule_views import (
    ScheduleList,
    ScheduleQuery,
    SchedulesQuery,
    ScheduleView,
    WindowList,
    WindowView,
)
from exports_api.schemas.schedules import CronBody, CronPreview, NextTime, ScheduleBody, SchedulePatch
from exports_pipeline.adapters.cron_words import in_words
from exports_pipeline.core.cron import parse_cron
from exports_pipeline.core.recurrence import is_clock_change, preview
from exports_pipeline.usecases.check_schedule import check_times
from exports_pipeline.usecases.keep_schedules import (
    change_schedule,
    delete_schedule,
    run_now,
)
from exports_pipeline.usecases.read_schedules import (
    list_schedules,
    list_windows,
    read_schedule,
)

PREFIX = "/api/analytics/schedules"
router = APIRouter(prefix=PREFIX, tags=["schedules"])
ScheduleId = Annotated[UUID, Path(description="Id of the schedule.")]
_COUNT = 10
_LOCATION = header("Address of the schedule.", example=f"{PREFIX}/1c9d0f6e-8b1e-4d0b-9a53-3a1f2f6c7b11")


@router.post(
    "",
    dependencies=[TO_EXPORT],
    status_code=201,
    summary="Create a schedule",
    response_model=ScheduleView,
    responses={201: {"description": "Created.", "headers": {"Location": _LOCATION}}, **problems(413, 415, 422)},
    openapi_extra=body_of(ScheduleBody),
)
async def post_schedule(caller: Caller, parts: Parts, body: ScheduleBodyOf) -> Response:
    """Have an export or a report made again and again, with the rights you have then; first at the next window."""
    schedule = await create_as_described(body, caller, parts.ports)
    return _answer(ScheduleView.of(schedule), status=201, location=f"{PREFIX}/{schedule.id}")


@router.get(
    "", dependencies=[SIGNED_IN], summary="List your schedules", response_model=ScheduleList, responses=problems(422)
)
async def get_schedules(caller: Caller, parts: Parts, query: Annotated[SchedulesQuery, Query()]) -> Response:
    """Your schedules, newest first; with MANAGE_SCHEDULES those of everybody; with `shared` those shared with you."""
    found = await run_in_threadpool(
        list_schedules,
        caller,
        limit=query.limit + 1,
        before=query.before,
        is_shared=query.shared,
        ports=parts.ports,
    )
    shown = found[: query.limit]
    last = shown[-1] if len(found) > query.limit else None
    cursor = encode_cursor(last.created_at, last.id) if last else None
    return _answer(ScheduleList(items=[ScheduleView.for_caller(each, caller) for each in shown], next_cursor=cursor))


@router.post(
    "/preview",
    dependencies=[SIGNED_IN],
    summary="Explain a cron expression",
    response_model=CronPreview,
    responses=problems(413, 415, 422),
    openapi_extra=body_of(CronBody),
)
async def post_preview(_caller: Caller, parts: Parts, body: CronBodyOf) -> Response:
    """The expression in words, and the next ten times by the clocks of the zone; days of a clock change are marked."""
    check_times(body.cron, body.timezone, ports=parts.ports)
    cron, zone = parse_cron(body.cron), ZoneInfo(body.timezone)
    times = [
        NextTime(
            at=each,
            local=each.astimezone(zone).isoformat(),
            is_clock_change=is_clock_change(zone, each.astimezone(zone).date()),
        )
        for each in preview(cron, zone, after=body.after or parts.ports.clock(), count=_COUNT)
    ]
    return _answer(CronPreview(cron=cron.text, in_words=in_words(cron), timezone=body.timezone, next=times))


@router.get(
    "/{schedule_id}",
    dependencies=[SIGNED_IN],
    summary="Look at a schedule",
    response_model=ScheduleView,
    responses=problems(404),
)
async def get_schedule(caller: Caller, parts: Parts, schedule_id: ScheduleId) -> Response:
    """The schedule as it is."""
    found = await run_in_threadpool(read_schedule, schedule_id, caller, ports=parts.ports)
    return _answer(ScheduleView.for_caller(found, caller))


@router.patch(
    "/{schedule_id}",
    dependencies=[TO_EXPORT],
    summary="Change a schedule",
    response_model=ScheduleView,
    responses=problems(404, 413, 415, 422),
    openapi_extra=body_of(SchedulePatch),
)
async def patch_schedule(caller: Caller, parts: Parts, schedule_id: ScheduleId, body: SchedulePatchOf) -> Response:
    """Change the fields that the body names; that never makes it run.

    Everything is checked with the rights of the owner, whoever asks: `me` and destinations are theirs.
    """
    changed = await change_as_described(schedule_id, body, caller, parts.ports)
    return _answer(ScheduleView.of(changed))


@router.delete(
    "/{schedule_id}", dependencies=[SIGNED_IN], status_code=204, summary="Delete a schedule", responses=problems(404)
)
async def remove_schedule(caller: Caller, parts: Parts, schedule_id: ScheduleId) -> Response:
    """Delete a schedule and its tick ledger; export jobs that it has made stay."""
    await run_in_threadpool(delete_schedule, schedule_id, caller, ports=parts.ports)
    return Response(status_code=204)


@router.post(
    "/{schedule_id}/pause",
    dependencies=[SIGNED_IN],
    summary="Pause a schedule",
    response_model=ScheduleView,
    responses=problems(404),
)
async def pause(caller: Caller, parts: Parts, schedule_id: ScheduleId) -> Response:
    """Let no window run until it is resumed."""
    changes = {"is_active": False}
    paused = await run_in_threadpool(change_schedule, schedule_id, changes, caller, ports=parts.own)
    return _answer(ScheduleView.for_caller(paused, caller))


@router.post(
    "/{schedule_id}/resume",
    dependencies=[TO_EXPORT],
    summary="Resume a schedule",
    response_model=ScheduleView,
    responses=problems(404, 422),
)
async def resume(caller: Caller, parts: Parts, schedule_id: ScheduleId) -> Response:
    """Let it run again from its next window on; what passed while it was paused is not caught up."""
    changes = {"is_active": True}
    resumed = await run_in_threadpool(change_schedule, schedule_id, changes, caller, ports=parts.ports)
    return _answer(ScheduleView.of(resumed))


@router.post(
    "/{schedule_id}/run",
    dependencies=[TO_EXPORT],
    status_code=202,
    summary="Run a schedule now",
    response_model=WindowView,
    responses=problems(404),
)
async def run(caller: Caller, parts: Parts, schedule_id: ScheduleId) -> Response:
    """Run it once at this moment, beside its windows; `job_ids` are the export jobs, unless the queue is full."""
    window = await run_in_threadpool(run_now, schedule_id, caller, ports=parts.own)
    schedule = await run_in_threadpool(read_schedule, schedule_id, caller, ports=parts.ports)
    parts.dispatch_soon()
    return _answer(WindowView.of(window, schedule.zone), status=202)


@router.get(
    "/{schedule_id}/windows",
    dependencies=[SIGNED_IN],
    summary="Read the tick ledger",
    response_model=WindowList,
    responses=problems(404, 422),
)
async def get_windows(
    caller: Caller, parts: Parts, schedule_id: ScheduleId, query: Annotated[ScheduleQuery, Query()]
) -> Response:
    """Every window of the schedule up to now, newest first, and what has become of it."""
    before = query.before[0] if query.before else None
    schedule, found = await run_in_threadpool(
        list_windows, schedule_id, caller, limit=query.limit + 1, before=before, ports=parts.ports
    )
    shown = found[: query.limit]
    last = shown[-1] if len(found) > query.limit else None
    cursor = encode_cursor(last.due_at, last.schedule_id) if last else None
    items = [WindowView.of(each, schedule.zone) for each in shown]
    return _answer(WindowList(items=items, next_cursor=cursor))


def _answer(view: BaseModel, *, status: int = 200, location: str | None = None) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Location": location} if location else {})
    return Response(view.model_dump_json(), status_code=status, media_type="application/json", headers=headers)
