"""Rows of `schedules` and `schedule_windows` to nouns and back."""

from typing import Any

from sqlalchemy import RowMapping

from exports_pipeline.adapters.job_rows import recipient_as_json, recipient_of
from exports_pipeline.core.schedule import CatchUp, Schedule, ScheduleKind, Window, WindowState
from exports_pipeline.core.scheduled_window import Condition


def row_of_schedule(schedule: Schedule) -> dict[str, Any]:
    """The values of the row of a schedule."""
    return {
        "id": schedule.id,
        "user_id": schedule.user_id,
        "name": schedule.name,
        "kind": schedule.kind,
        "body": dict(schedule.body),
        "formats": list(schedule.formats),
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "recipients": [recipient_as_json(each) for each in schedule.recipients],
        "is_active": schedule.is_active,
        "catch_up": schedule.catch_up,
        "condition": schedule.condition,
        "key": list(schedule.key),
        "per_recipient": schedule.per_recipient,
        "expires_at": schedule.expires_at,
        "created_at": schedule.created_at,
        "updated_at": schedule.updated_at,
        "failures_in_row": schedule.failures_in_row,
        "paused_reason": schedule.paused_reason,
        "planned_until": schedule.planned_until,
        "next_due_at": schedule.next_due_at,
        "shared_with": list(schedule.shared_with),
    }


def schedule_of(row: RowMapping) -> Schedule:
    """The schedule of a row."""
    return Schedule(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        kind=ScheduleKind(row["kind"]),
        body=row["body"],
        formats=tuple(row["formats"]),
        cron=row["cron"],
        timezone=row["timezone"],
        recipients=tuple(recipient_of(each) for each in row["recipients"]),
        is_active=row["is_active"],
        catch_up=CatchUp(row["catch_up"]),
        condition=Condition(row["condition"]),
        key=tuple(row["key"]),
        per_recipient=row["per_recipient"],
        expires_at=row["expires_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        failures_in_row=row["failures_in_row"],
        paused_reason=row["paused_reason"],
        planned_until=row["planned_until"],
        next_due_at=row["next_due_at"],
        shared_with=tuple(row["shared_with"]),
    )


def row_of_window(window: Window) -> dict[str, Any]:
    """The values of the first row of a window."""
    return {
        "schedule_id": window.schedule_id,
        "due_at": window.due_at,
        "state": window.state,
        "reason": window.reason,
        "start_at": window.start_at,
        "by_hand": window.by_hand,
        "settled_at": window.settled_at,
    }


def window_of(row: RowMapping) -> Window:
    """The window of a row."""
    return Window(
        schedule_id=row["schedule_id"],
        due_at=row["due_at"],
        state=WindowState(row["state"]),
        reason=row["reason"],
        start_at=row["start_at"],
        by_hand=row["by_hand"],
        is_late=row["is_late"],
        started_at=row["started_at"],
        settled_at=row["settled_at"],
        job_ids=tuple(row["job_ids"]),
        withheld=row["withheld"],
    )
