"""Request the jobs of the windows that have come due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from exports_pipeline.core.errors import ExportError, LedgerUnavailable
from exports_pipeline.core.export_job import NewExportJob
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.parameters import ParameterKind
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import UnknownTemplate
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Schedule, ScheduleKind, Window, WindowState, is_late
from exports_pipeline.core.schedule_store import Started
from exports_pipeline.usecases.check_quota import check_quota_of_window
from exports_pipeline.usecases.schedule_parts import Parts, parts_of
from exports_pipeline.usecases.settle_windows import settle

_LEASE = timedelta(minutes=2)
_AT_ONCE = 50
_ROUNDS = 10
_NEXT_TICK = timedelta(seconds=30)
NOBODY = "Its owner is deactivated, or not known any more."
NOT_TO_EXPORT = "Its owner has no role any more that allows exports."


@dataclass(kw_only=True)
class StartedWindows:
    """How it went."""

    started: int = 0
    late: int = 0
    skipped: int = 0
    failed: int = 0
    waiting: int = 0
    """Windows whose jobs find no place in the queue; they are tried again."""


def start_windows(ports: ExportPorts, *, schedule_id: UUID | None = None) -> StartedWindows:
    """Request the jobs of waiting windows, of one schedule or of all, with the rights their owners have now.

    Whoever does the same again, or at the same time, finds the jobs there: their keys and ids follow from the windows.
    """
    told = StartedWindows()
    for _ in range(_ROUNDS):
        found = ports.schedules.reserve(now=ports.clock(), lease=_LEASE, limit=_AT_ONCE, schedule_id=schedule_id)
        owners = ports.users.requesters({schedule.user_id for schedule, _ in found}) if found else {}
        ready: list[tuple[Schedule, Window, Parts]] = []
        waiting = []
        for schedule, window in found:
            try:
                parts = _parts(schedule, window, owners.get(schedule.user_id), told, ports, ahead=ready)
            except ExportError as error:
                if isinstance(error, LedgerUnavailable) or not error.retryable:
                    raise
                waiting.append(window)
                continue
            if parts is not None:
                ready.append((schedule, window, parts))
        _enter(ready, waiting, told, ports)
        if len(found) < _AT_ONCE:
            break
    return told


def _parts(
    schedule: Schedule,
    window: Window,
    owner: Requester | None,
    told: StartedWindows,
    ports: ExportPorts,
    *,
    ahead: Sequence[tuple[Schedule, Window, Parts]],
) -> Parts | None:
    """The jobs of a window; None where it was settled instead. Those `ahead` are entered together with them.

    Raises:
        ExportError: not now.
    """
    if not schedule.is_active and not window.by_hand:
        told.skipped += 1
        settle(schedule, window, WindowState.SKIPPED, reason="Paused.", ports=ports)
        return None
    if owner is None:
        told.failed += 1
        settle(schedule, window, WindowState.FAILED, reason=NOBODY, stop=NOBODY, ports=ports)
        return None
    if not owner.may_export:
        told.failed += 1
        settle(schedule, window, WindowState.FAILED, reason=NOT_TO_EXPORT, stop=NOT_TO_EXPORT, ports=ports)
        return None
    try:
        parts = parts_of(schedule, window, owner, ports=ports)
        before = [job for *_, each in ahead for job in each.jobs]
        check_quota_of_window(parts.jobs, before, ports=ports, schedule=str(schedule.id))
    except ExportError as error:
        if error.retryable:
            raise
        told.failed += 1
        stop = error.sentence if _has_lost_access(schedule, owner, ports) else None
        settle(schedule, window, WindowState.FAILED, reason=error.sentence, stop=stop, ports=ports)
        return None
    return parts


def _enter(
    ready: list[tuple[Schedule, Window, Parts]], waiting: list[Window], told: StartedWindows, ports: ExportPorts
) -> None:
    """Write the jobs of windows into the ledger, then that they are there."""
    jobs = [(job, _audit(job, schedule)) for schedule, _, parts in ready for job in parts.jobs]
    there = ports.jobs.add_all(jobs, limits=ports.limits.queue) if jobs else set()
    started, now = [], ports.clock()
    for schedule, window, parts in ready:
        job_ids = tuple(job.id for job in parts.jobs)
        if not there.issuperset(job_ids):  # the others wait in the queue for this one
            waiting.append(window)
            continue
        started.append(
            Started(
                schedule_id=schedule.id,
                due_at=window.due_at,
                job_ids=job_ids,
                is_late=is_late(schedule, window, now=now, most_spread=ports.limits.schedule_spread),
                reason=f"Left out: {'; '.join(parts.left_out)}" if parts.left_out else None,
            )
        )
    if started:
        ports.schedules.started(started, now=now)
    if waiting:
        ports.schedules.postpone(waiting, start_at=now + _NEXT_TICK)
    told.started += len(started)
    told.late += sum(each.is_late for each in started)
    told.waiting += len(waiting)


def _audit(job: NewExportJob, schedule: Schedule) -> AuditEntry:
    what = "dataset" if schedule.kind is ScheduleKind.EXPORT else "template"
    details = {what: job.dataset, "format": job.format, "unmasked": job.requester.may_unmask}
    return AuditEntry(
        at=job.created_at,
        actor=job.requester.user_id,
        action=f"{schedule.kind}.requested",
        job_id=job.id,
        details=details | {"schedule": str(schedule.id)},
    )


def _has_lost_access(schedule: Schedule, owner: Requester, ports: ExportPorts) -> bool:
    """Whether a dataset that it needs is still there, and only the owner's right to it is not."""
    visible = {key for each in ports.catalog.visible_to(owner) for key in (each.name.lower(), str(each.id))}
    there = {key for each in ports.catalog for key in (each.name.lower(), str(each.id))}
    return any(wanted.lower() in there - visible for wanted in _datasets(schedule, ports))


def _datasets(schedule: Schedule, ports: ExportPorts) -> list[str]:
    """Names or ids of the datasets that it needs."""
    if schedule.kind is ScheduleKind.EXPORT:
        return [schedule.body["dataset_id"]]
    params = schedule.body.get("params") or {}
    try:
        parameters = ports.reports.find(schedule.body["template"]).parameters
    except UnknownTemplate:
        return []
    return [str(params[each.name]) for each in parameters if each.kind is ParameterKind.DATASET and each.name in params]
