"""Create, change and delete schedules, and run one now."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from exports_pipeline.core.audit_changes import as_told, schedule_as_told
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import InvalidSchedule, NotAllowed, UnknownSchedule
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Schedule, Window, edited, scheduled
from exports_pipeline.usecases.check_schedule import check_schedule
from exports_pipeline.usecases.read_schedules import read_schedule, schedule_to_change
from exports_pipeline.usecases.start_windows import start_windows


def create_schedule(new: Schedule, owner: Requester, *, ports: ExportPorts) -> Schedule:
    """Check a schedule and write it; its first window is the next one from now.

    Raises:
        RequestError: it cannot run as it is described.
    """
    _check_whole(owner, ports)
    check_schedule(new, owner, ports=ports)
    schedule = scheduled(new, now=ports.clock(), most_spread=ports.limits.schedule_spread)
    ports.schedules.add(schedule, owner, _audit("created", schedule, owner, ports, changes=schedule_as_told(schedule)))
    return schedule


def change_schedule(
    schedule_id: UUID, changes: Mapping[str, Any], requester: Requester, *, ports: ExportPorts
) -> Schedule:
    """Change fields of a schedule; it never runs because of that.

    Raises:
        UnknownSchedule: there is none, or it is somebody else's.
        NotAllowed: it is shared with the requester, who may pause it alone.
        RequestError: it cannot run with the rights of its owner as it would be.
    """
    only_pauses = dict(changes) == {"is_active": False}
    found = (read_schedule if only_pauses else schedule_to_change)(schedule_id, requester, ports=ports)
    if set(changes) - {"is_active"} or changes.get("is_active"):
        _check_whole(requester, ports)
        check_schedule(replace(found, **changes), owner_of(found, requester, ports=ports), ports=ports)
    now, most_spread = ports.clock(), ports.limits.schedule_spread
    changed = ports.schedules.change(
        schedule_id,
        lambda current: edited(current, changes, now=now, most_spread=most_spread),
        _audit("changed", found, requester, ports, fields=sorted(changes), changes=changes),
    )
    if changed is None:
        raise UnknownSchedule
    return changed


def delete_schedule(schedule_id: UUID, requester: Requester, *, ports: ExportPorts) -> None:
    """Delete a schedule with its tick ledger; jobs that it has made stay.

    Raises:
        UnknownSchedule: there is none, or it is somebody else's.
    """
    found = schedule_to_change(schedule_id, requester, ports=ports)
    ports.schedules.delete(found.id, _audit("deleted", found, requester, ports, before=schedule_as_told(found)))


def run_now(schedule_id: UUID, requester: Requester, *, ports: ExportPorts) -> Window:
    """Run a schedule once, beside its windows, with the rights of its owner.

    Raises:
        UnknownSchedule: there is none, or it is somebody else's.
    """
    found, now = read_schedule(schedule_id, requester, ports=ports), ports.clock()
    _check_whole(requester, ports)
    window = Window(schedule_id=found.id, due_at=now, start_at=now, by_hand=True)
    ports.schedules.add_window(window, _audit("run_by_hand", found, requester, ports))
    start_windows(ports, schedule_id=found.id)
    return next((each for each in ports.schedules.windows(found.id, limit=5) if each.due_at == now), window)


def _check_whole(requester: Requester, ports: ExportPorts) -> None:
    """Let nobody make a schedule do what they could not: it runs with all rights of its owner.

    Raises:
        NotAllowed: the key, or the service account, carries fewer.
    """
    user = ports.users.requester(requester.user_id) if requester.is_narrowed else None
    if user is not None and (lost := requester.lost_since(user)):
        raise NotAllowed(
            f"A schedule runs with the rights of its owner, and this key or service lacks {', '.join(sorted(lost))}; "
            "use a token, or a key with these scopes."
        )


def owner_of(schedule: Schedule, requester: Requester, *, ports: ExportPorts) -> Requester:
    """Whose rights count when a schedule is changed; those of the token, where the owner asks.

    Raises:
        InvalidSchedule: the owner is deactivated.
    """
    if schedule.user_id == requester.user_id:
        ports.users.seen(requester, at=ports.clock())
        return requester
    owner = ports.users.requester(schedule.user_id)
    if owner is None:
        raise InvalidSchedule("Its owner is deactivated; activate them first, or delete it.")
    return owner


def _audit(
    what: str,
    schedule: Schedule,
    requester: Requester,
    ports: ExportPorts,
    *,
    changes: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    **details: Any,
) -> AuditEntry:
    if changes is not None and what != "created":
        before = as_told({name: getattr(schedule, name) for name in changes})
    return AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        subject=requester.beside(schedule.user_id),
        action=f"schedule.{what}",
        entity_type="schedule",
        entity_id=str(schedule.id),
        before=before,
        after=None if changes is None else as_told(changes),
        details={"schedule": str(schedule.id), "name": schedule.name, **details},
    )
