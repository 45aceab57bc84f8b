"""Read schedules and their tick ledgers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed, UnknownSchedule
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Schedule, Window
from exports_pipeline.core.sharing import is_shared, shared_with


def read_schedule(schedule_id: UUID, requester: Requester, *, ports: ExportPorts) -> Schedule:
    """A schedule of the requester or shared with them, or of anybody for those who manage schedules.

    Raises:
        UnknownSchedule: there is none, or it is somebody else's.
    """
    schedule = ports.schedules.get(schedule_id)
    if schedule is None or not (may_change(requester, schedule) or is_shared(schedule.shared_with, requester)):
        raise UnknownSchedule(f"There is no schedule {schedule_id} among yours.")
    return schedule


def schedule_to_change(schedule_id: UUID, requester: Requester, *, ports: ExportPorts) -> Schedule:
    """A schedule that the requester may change.

    Raises:
        UnknownSchedule: there is none, or it is somebody else's.
        NotAllowed: it is only shared with them.
    """
    schedule = read_schedule(schedule_id, requester, ports=ports)
    if not may_change(requester, schedule):
        raise NotAllowed("This schedule is shared with you: you may see, pause and run it, no more.")
    return schedule


def may_change(requester: Requester, schedule: Schedule) -> bool:
    """Whether a schedule is the requester's, or they manage schedules."""
    return schedule.user_id == requester.user_id or requester.manages_schedules


def list_schedules(
    requester: Requester,
    *,
    limit: int,
    before: tuple[datetime, UUID] | None,
    ports: ExportPorts,
    is_shared: bool = False,
    is_own: bool = False,
) -> list[Schedule]:
    """A page of the requester's schedules, newest first; of everybody's for those who manage schedules.

    With `is_shared`, those that others share with the requester; with `is_own`, the requester's alone.
    """
    if is_shared:
        return ports.schedules.page(None, limit=limit, before=before, shared=shared_with(requester))
    user_id = None if requester.manages_schedules and not is_own else requester.user_id
    return ports.schedules.page(user_id, limit=limit, before=before)


def latest_windows(schedules: Sequence[Schedule], *, limit: int, ports: ExportPorts) -> Mapping[UUID, list[Window]]:
    """The newest windows of schedules that were read, newest first; one that never came due is left out."""
    return ports.schedules.latest_windows([each.id for each in schedules], limit=limit) if schedules else {}


def list_windows(
    schedule_id: UUID, requester: Requester, *, limit: int, before: datetime | None, ports: ExportPorts
) -> tuple[Schedule, list[Window]]:
    """A schedule and a page of its tick ledger, newest first.

    Raises:
        UnknownSchedule: there is none, or it is somebody else's.
    """
    schedule = read_schedule(schedule_id, requester, ports=ports)
    return schedule, ports.schedules.windows(schedule.id, limit=limit, before=before)
