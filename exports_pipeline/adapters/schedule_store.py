"""The schedules in Postgres."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, tuple_, update

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.schedule_rows import row_of_schedule, schedule_of
from exports_pipeline.adapters.schedule_windows import PostgresScheduleWindows, write_windows
from exports_pipeline.adapters.sharing import is_shared_with
from exports_pipeline.adapters.tables import schedules
from exports_pipeline.adapters.user_store import provision
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Plan, Schedule, Window
from exports_pipeline.core.sharing import SharedWith

_row = schedules.c


class PostgresScheduleStore(PostgresScheduleWindows):
    """`ScheduleStore` over Postgres; every method is one transaction."""

    def add(self, schedule: Schedule, owner: Requester, audit: AuditEntry) -> None:
        """Write a schedule with its audit entry and its user."""
        with transaction(self._engine) as connection:
            provision(connection, owner, at=schedule.created_at)
            connection.execute(insert(schedules).values(row_of_schedule(schedule)))
            write_entry(connection, audit)

    def get(self, schedule_id: UUID) -> Schedule | None:
        """The schedule of that id."""
        with reading(self._engine) as connection:
            row = connection.execute(select(schedules).where(_row.id == schedule_id)).mappings().one_or_none()
        return schedule_of(row) if row else None

    def page(
        self,
        user_id: UUID | None,
        *,
        limit: int,
        before: tuple[datetime, UUID] | None = None,
        shared: SharedWith | None = None,
    ) -> list[Schedule]:
        """Schedules of a user, or of everybody, newest first, or those that others share."""
        query = select(schedules).order_by(_row.created_at.desc(), _row.id.desc()).limit(limit)
        if user_id is not None:
            query = query.where(_row.user_id == user_id)
        if shared is not None:
            query = query.where(is_shared_with(schedules, shared.teams), _row.user_id != shared.user_id)
        if before is not None:
            query = query.where(tuple_(_row.created_at, _row.id) < before)
        with reading(self._engine) as connection:
            return [schedule_of(row) for row in connection.execute(query).mappings()]

    def change(
        self,
        schedule_id: UUID,
        edit: Callable[[Schedule], tuple[Schedule, Sequence[Window]]],
        audit: AuditEntry,
    ) -> Schedule | None:
        """Replace a schedule by what `edit` makes of it; its row is locked meanwhile."""
        with transaction(self._engine) as connection:
            query = select(schedules).where(_row.id == schedule_id).with_for_update()
            row = connection.execute(query).mappings().one_or_none()
            if row is None:
                return None
            edited, forgone = edit(schedule_of(row))
            connection.execute(update(schedules).where(_row.id == schedule_id).values(row_of_schedule(edited)))
            write_windows(connection, forgone)
            write_entry(connection, audit)
        return edited

    def delete(self, schedule_id: UUID, audit: AuditEntry) -> bool:
        """Delete a schedule and its windows."""
        with transaction(self._engine) as connection:
            if connection.execute(delete(schedules).where(_row.id == schedule_id)).rowcount == 0:
                return False
            write_entry(connection, audit)
        return True

    def advance(self, *, now: datetime, limit: int, plan: Callable[[Schedule], Plan]) -> list[Plan]:
        """Plan the active schedules whose turn has come; those that another daemon plans are passed over."""
        due = (
            select(schedules)
            .where(_row.is_active, _row.next_due_at <= now)
            .order_by(_row.next_due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        moved = (
            update(schedules)
            .where(_row.id == bindparam("of"))
            .values(planned_until=bindparam("until"), next_due_at=bindparam("turn"))
        )
        with transaction(self._engine) as connection:
            found = [schedule_of(row) for row in connection.execute(due).mappings()]
            plans = [plan(each) for each in found]
            if found:
                write_windows(connection, [window for each in plans for window in each.windows])
                turns = [
                    {"of": schedule.id, "until": each.planned_until, "turn": each.next_due_at}
                    for schedule, each in zip(found, plans, strict=True)
                ]
                connection.execute(moved, turns)
        return plans
