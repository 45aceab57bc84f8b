"""Read schedules and their tick ledgers."""

from datetime import datetime
from uuid import UUID

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import UnknownSchedule
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Schedule, Window


def read_schedule(schedule_id: UUID, requester: Requester, *, ports: ExportPorts) -> Schedule:
    """A schedule of the requester, or of anybody for those who manage exports.

    Raises:
        UnknownSchedule: there is none, or it is somebody else's.
    """
    schedule = ports.schedules.get(schedule_id)
    if schedule is None or not (schedule.user_id == requester.user_id or requester.manages_exports):
        raise UnknownSchedule(f"There is no schedule {schedule_id} among yours.")
    return schedule


def list_schedules(
    requester: Requester, *, limit: int, before: tuple[datetime, UUID] | None, ports: ExportPorts
) -> list[Schedule]:
    """A page of the requester's schedules, newest first; of everybody's for those who manage exports."""
    user_id = None if requester.manages_exports else requester.user_id
    return ports.schedules.page(user_id, limit=limit, before=before)


def list_windows(
    schedule_id: UUID, requester: Requester, *, limit: int, before: datetime | None, ports: ExportPorts
) -> tuple[Schedule, list[Window]]:
    """A schedule and a page of its tick ledger, newest first.

    Raises:
        UnknownSchedule: there is none, or it is somebody else's.
    """
    schedule = read_schedule(schedule_id, requester, ports=ports)
    return schedule, ports.schedules.windows(schedule.id, limit=limit, before=before)
