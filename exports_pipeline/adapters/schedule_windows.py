"""The tick ledger in Postgres: which window of which schedule ran, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    bindparam,
    exists,
    func,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.schedule_rows import row_of_window, schedule_of, window_of
from exports_pipeline.adapters.tables import export_jobs, schedule_windows, schedules
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.schedule import Schedule, Window, WindowState
from exports_pipeline.core.schedule_store import Started
from exports_pipeline.core.scheduled_window import ScheduledWindow

_window, _schedule = schedule_windows.c, schedules.c
_PENDING = _window.state == WindowState.PENDING.value


class PostgresScheduleWindows:
    """The part of `ScheduleStore` that is about windows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_window(self, window: Window, audit: AuditEntry) -> None:
        """Write a window that somebody wants by hand."""
        with transaction(self._engine) as connection:
            write_windows(connection, [window])
            write_entry(connection, audit)

    def reserve(
        self, *, now: datetime, lease: timedelta, limit: int, schedule_id: UUID | None = None
    ) -> list[tuple[Schedule, Window]]:
        """Pending windows whose jobs are not requested, oldest turn first, for as long as the lease."""
        waiting = (
            select(_window.schedule_id, _window.due_at)
            .where(_PENDING, _window.started_at.is_(None), _window.start_at <= now)
            .order_by(_window.start_at, _window.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        if schedule_id is not None:
            waiting = waiting.where(_window.schedule_id == schedule_id)
        statement = (
            update(schedule_windows)
            .where(tuple_(_window.schedule_id, _window.due_at).in_(waiting))
            .values(start_at=now + lease)
            .returning(schedule_windows)
        )
        with transaction(self._engine) as connection:
            rows = connection.execute(statement).mappings().all()
            return _with_schedules(connection, sorted(rows, key=lambda row: (row["due_at"], row["schedule_id"])))

    def started(self, windows: Sequence[Started], *, now: datetime) -> None:
        """Note that the jobs of these windows are in the ledger; without effect on those that are settled."""
        if not windows:
            return
        statement = (
            update(schedule_windows)
            .where(_window.schedule_id == bindparam("of"), _window.due_at == bindparam("at"), _PENDING)
            .values(started_at=now, job_ids=bindparam("jobs"), is_late=bindparam("late"), reason=bindparam("remark"))
        )
        rows = [
            {
                "of": each.schedule_id,
                "at": each.due_at,
                "jobs": list(each.job_ids),
                "late": each.is_late,
                "remark": each.reason,
            }
            for each in windows
        ]
        with transaction(self._engine) as connection:
            connection.execute(statement, rows)

    def postpone(self, windows: Sequence[Window], *, start_at: datetime) -> None:
        """Leave windows for later whose jobs could not be requested."""
        keys = [(each.schedule_id, each.due_at) for each in windows]
        guard = (_PENDING, _window.started_at.is_(None), tuple_(_window.schedule_id, _window.due_at).in_(keys))
        with transaction(self._engine) as connection:
            connection.execute(update(schedule_windows).where(*guard).values(start_at=start_at))

    def ended(self, *, limit: int) -> list[tuple[Schedule, Window]]:
        """Started windows that are pending although all of their jobs have ended, oldest first."""
        working = exists().where(
            export_jobs.c.id == func.any(_window.job_ids),
            export_jobs.c.status.in_((Status.PENDING.value, Status.RUNNING.value)),
        )
        query = (
            select(schedule_windows)
            .where(_PENDING, _window.started_at.is_not(None), ~working)
            .order_by(_window.due_at)
            .limit(limit)
        )
        with transaction(self._engine) as connection:
            return _with_schedules(connection, connection.execute(query).mappings().all())

    def settle(
        self,
        schedule_id: UUID,
        due_at: datetime,
        state: WindowState,
        *,
        now: datetime,
        reason: str | None = None,
        stop: str | None = None,
        counts: bool = True,
    ) -> Schedule | None:
        """Settle a pending window and count failures in a row; None if it was settled already."""
        with transaction(self._engine) as connection:
            settled = (
                update(schedule_windows)
                .where(*_of(schedule_id, due_at), _PENDING)
                .values(state=state, reason=func.coalesce(reason, _window.reason), settled_at=now)
            )
            if connection.execute(settled).rowcount == 0:
                return None
            counted = (
                update(schedules)
                .where(_schedule.id == schedule_id)
                .values(failures_in_row=_failures(state, counts=counts), **_stopped(stop))
                .returning(schedules)
            )
            row = connection.execute(counted).mappings().one()
        return schedule_of(row)

    def note(self, schedule_id: UUID, due_at: datetime, part: str, *, digest: str, withheld: str | None) -> None:
        """Remember what the result of a part was, and why it goes to nobody, if so."""
        values: dict[str, Any] = {
            "digests": _window.digests.concat({part: digest}),
            "withheld": _window.withheld.op("-")(part)
            if withheld is None
            else _window.withheld.concat({part: withheld}),
        }
        with transaction(self._engine) as connection:
            connection.execute(update(schedule_windows).where(*_of(schedule_id, due_at)).values(values))

    def previous_digest(self, schedule_id: UUID, part: str, *, before: datetime) -> str | None:
        """What the result of a part was at the last window before that has one."""
        query = (
            select(_window.digests[part].as_string())
            .where(_window.schedule_id == schedule_id, _window.due_at < before, _window.digests.has_key(part))
            .order_by(_window.due_at.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def windows(self, schedule_id: UUID, *, limit: int, before: datetime | None = None) -> list[Window]:
        """The tick ledger of a schedule, newest first."""
        query = select(schedule_windows).where(_window.schedule_id == schedule_id)
        if before is not None:
            query = query.where(_window.due_at < before)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_window.due_at.desc()).limit(limit)).mappings().all()
        return [window_of(row) for row in rows]

    def latest_windows(self, schedule_ids: Sequence[UUID], *, limit: int) -> Mapping[UUID, list[Window]]:
        """The newest windows of each of these schedules, newest first, in one statement."""
        of_one = select(schedule_windows).where(_window.schedule_id == _schedule.id)
        newest = of_one.order_by(_window.due_at.desc()).limit(limit).correlate(schedules).lateral()
        query = select(newest).select_from(schedules).join(newest, true()).where(_schedule.id.in_(schedule_ids))
        found: dict[UUID, list[Window]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(query.order_by(newest.c.due_at.desc())).mappings():
                found.setdefault(row["schedule_id"], []).append(window_of(row))
        return found


def write_windows(connection: Connection, windows: Sequence[Window]) -> None:
    """Write windows within a transaction; one that is there stays as it is."""
    if windows:
        rows = [row_of_window(each) for each in windows]
        connection.execute(insert(schedule_windows).on_conflict_do_nothing(), rows)


def reopen_window(connection: Connection, window: ScheduledWindow) -> None:
    """Make a window pending again within a transaction, whose jobs had ended; `settled_at` tells that they had."""
    ended = _window.state.in_((WindowState.FAILED, WindowState.SKIPPED)), _window.started_at.is_not(None)
    statement = update(schedule_windows).where(*_of(window.schedule_id, window.due_at), *ended)
    connection.execute(statement.values(state=WindowState.PENDING, reason=None))


def _of(schedule_id: UUID, due_at: datetime) -> tuple[ColumnElement[bool], ...]:
    return _window.schedule_id == schedule_id, _window.due_at == due_at


def _failures(state: WindowState, *, counts: bool) -> Any:
    if not counts:
        return _schedule.failures_in_row
    if state is WindowState.FAILED:
        return _schedule.failures_in_row + 1
    return _schedule.failures_in_row if state is WindowState.SKIPPED else 0


def _stopped(reason: str | None) -> dict[str, Any]:
    return {"is_active": False, "paused_reason": reason, "next_due_at": None} if reason else {}


def _with_schedules(connection: Connection, rows: Sequence[RowMapping]) -> list[tuple[Schedule, Window]]:
    ids = {row["schedule_id"] for row in rows}
    if not ids:
        return []
    found = connection.execute(select(schedules).where(_schedule.id.in_(ids))).mappings()
    by_id = {row["id"]: schedule_of(row) for row in found}
    return [(by_id[row["schedule_id"]], window_of(row)) for row in rows if row["schedule_id"] in by_id]
