"""Write what has become of windows, and let the people concerned hear of failures once."""

from typing import Any
from uuid import UUID

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.schedule import FAILURES_TO_PAUSE, Schedule, Window, WindowState
from exports_pipeline.core.scheduled_window import window_text
from exports_pipeline.usecases.notify import notify

_AT_ONCE = 200
_LOOKED_BACK = 50
_ENDED = {WindowState.RAN, WindowState.LATE, WindowState.FAILED}


def settle_windows(ports: ExportPorts) -> list[WindowState]:
    """Settle the windows whose jobs have all ended, and return what has become of them."""
    settled = []
    while ended := ports.schedules.ended(limit=_AT_ONCE):
        latest = {schedule.id: schedule for schedule, _ in ended}
        found = ports.jobs.live_keys([job_id for _, window in ended for job_id in window.job_ids])
        for _, window in ended:
            jobs = [found[job_id] for job_id in window.job_ids if job_id in found]
            state, reason = verdict(window, jobs)
            failed = next((job.id for job in jobs if job.status is Status.FAILED), None)
            moved = settle(latest[window.schedule_id], window, state, reason=reason, ports=ports, job_id=failed)
            latest[window.schedule_id] = moved
            settled.append(state)
        if len(ended) < _AT_ONCE:
            break
    return settled


def verdict(window: Window, jobs: list[ExportJob]) -> tuple[WindowState, str | None]:
    """What has become of a window whose jobs have ended, and why, where that is to be said."""
    failed = [job for job in jobs if job.status is Status.FAILED]
    if failed:
        return WindowState.FAILED, failed[0].error.sentence if failed[0].error else None
    completed = [job for job in jobs if job.status is Status.COMPLETED]
    if not completed:
        return WindowState.SKIPPED, "Cancelled." if jobs else "Its export jobs are gone."
    if len(window.withheld) >= len(completed):
        return WindowState.SKIPPED, next(iter(window.withheld.values()))
    return WindowState.LATE if window.is_late else WindowState.RAN, None


def settle(
    schedule: Schedule,
    window: Window,
    state: WindowState,
    *,
    ports: ExportPorts,
    reason: str | None = None,
    stop: str | None = None,
    job_id: UUID | None = None,
) -> Schedule:
    """Settle a window, with the notices that belong to it, and return the schedule as it is then.

    Notices go out first: who does the same again after a crash gives the same notices, which are sent once. What was
    tried again by hand counts only where it works now, and nothing newer has ended: it is no news otherwise.
    """
    counts = window.settled_at is None or (state is not WindowState.FAILED and not _is_overtaken(window, ports))
    if counts:
        stop = _tell(schedule, window, state, reason=reason, stop=stop, job_id=job_id, ports=ports)
    settle_row = ports.schedules.settle
    moved = settle_row(schedule.id, window.due_at, state, now=ports.clock(), reason=reason, stop=stop, counts=counts)
    return moved or ports.schedules.get(schedule.id) or schedule


def _tell(
    schedule: Schedule,
    window: Window,
    state: WindowState,
    *,
    reason: str | None,
    stop: str | None,
    job_id: UUID | None,
    ports: ExportPorts,
) -> str | None:
    """Give the notices that belong to a window, and return why the schedule is to be paused, if it is."""
    about = _about(schedule, window, reason)
    occasion = f"schedule:{schedule.id}:{window_text(window.due_at)}"
    in_row = schedule.failures_in_row + 1

    def tell(kind: str, **more: Any) -> None:
        notify(schedule.user_id, kind, about | more, occasion=occasion, ports=ports, job_id=job_id, operators=True)

    if stop is not None:
        tell("schedule_stopped", reason=stop)
    elif state is WindowState.FAILED:
        if in_row == 1:
            tell("job_failed")
        if in_row >= FAILURES_TO_PAUSE and schedule.is_active:
            stop = f"{in_row} windows in a row have failed."
            tell("schedule_paused", reason=f"{stop} The last one: {reason}", failures_in_row=in_row)
    elif state in {WindowState.RAN, WindowState.LATE} and schedule.failures_in_row > 0:
        tell("job_recovered", failures_in_row=schedule.failures_in_row)
    return stop


def _is_overtaken(window: Window, ports: ExportPorts) -> bool:
    """Whether a newer window has ended."""
    newest = ports.schedules.windows(window.schedule_id, limit=_LOOKED_BACK)
    return any(each.due_at > window.due_at and each.state in _ENDED for each in newest)


def _about(schedule: Schedule, window: Window, reason: str | None) -> dict[str, Any]:
    return {
        "schedule_id": str(schedule.id),
        "title": schedule.name,
        "window": window_text(window.due_at),
        "timezone": schedule.timezone,
        "reason": reason or "",
    }
