"""Schedules as bodies describe them: checked with the rights of whoever they run for, and written."""

from uuid import UUID, uuid4

from fastapi.concurrency import run_in_threadpool

from exports_api.recipients import recipients_of
from exports_api.schedule_bodies import checked_body, formats_of
from exports_api.schemas.schedules import ScheduleBody, SchedulePatch
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Schedule, ScheduleKind
from exports_pipeline.usecases.keep_schedules import change_schedule, create_schedule, owner_of
from exports_pipeline.usecases.read_schedules import schedule_to_change
from exports_pipeline.usecases.share import checked_teams


async def create_as_described(body: ScheduleBody, caller: Requester, ports: ExportPorts) -> Schedule:
    """Write a new schedule of the caller.

    Raises:
        BodyRefused, RequestError: it cannot run as it is described.
    """
    formats, now = formats_of(body.format, body.body), ports.clock()
    new = Schedule(
        id=uuid4(),
        user_id=caller.user_id,
        name=body.name,
        kind=ScheduleKind(body.kind),
        body=checked_body(ScheduleKind(body.kind), body.body, formats),
        formats=formats,
        cron=body.cron,
        timezone=body.timezone,
        recipients=await recipients_of(body.recipients, caller, ports),
        is_active=body.is_active,
        catch_up=body.catch_up,
        condition=body.condition,
        key=tuple(body.key or ()),
        per_recipient=body.per_recipient,
        expires_at=body.expires_at,
        shared_with=checked_teams(body.share_with or (), caller),
        created_at=now,
        updated_at=now,
        planned_until=now,
    )
    return await run_in_threadpool(create_schedule, new, caller, ports=ports)


async def change_as_described(
    schedule_id: UUID, body: SchedulePatch, caller: Requester, ports: ExportPorts
) -> Schedule:
    """Change the fields that the body names, with the rights of the owner, whoever asks.

    Raises:
        BodyRefused, RequestError: it cannot run as it would be, or is not the caller's to change.
    """
    found = await run_in_threadpool(schedule_to_change, schedule_id, caller, ports=ports)
    changes = body.given
    if "format" in changes or "body" in changes:
        inside = changes.get("body", {})
        given = changes.pop("format", None if "format" in inside else list(found.formats))
        changes["formats"] = formats_of(given, inside)
        changes["body"] = checked_body(found.kind, changes.get("body", found.body), changes["formats"])
    if "recipients" in changes:
        owner = await run_in_threadpool(owner_of, found, caller, ports=ports)
        changes["recipients"] = await recipients_of(body.recipients, owner, ports)
    if "key" in changes:
        changes["key"] = tuple(body.key)
    return await run_in_threadpool(change_schedule, schedule_id, changes, caller, ports=ports)
