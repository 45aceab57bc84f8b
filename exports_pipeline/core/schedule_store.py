"""The port of the schedules and their tick ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Plan, Schedule, Window, WindowState
from exports_pipeline.core.sharing import SharedWith


@dataclass(frozen=True, kw_only=True)
class Started:
    """A window whose jobs are in the ledger."""

    schedule_id: UUID
    due_at: datetime
    job_ids: tuple[UUID, ...]
    is_late: bool
    reason: str | None = None
    """What it does not do, if anything."""


class ScheduleStore(Protocol):
    """Schedules and their windows; every change of a window is guarded by its state.

    Every method raises LedgerUnavailable where the database does not answer.
    """

    def add(self, schedule: Schedule, owner: Requester, audit: AuditEntry) -> None:
        """Write a schedule with its audit entry and its user, in one transaction."""

    def get(self, schedule_id: UUID) -> Schedule | None:
        """The schedule of that id."""

    def page(
        self,
        user_id: UUID | None,
        *,
        limit: int,
        before: tuple[datetime, UUID] | None = None,
        shared: SharedWith | None = None,
    ) -> list[Schedule]:
        """Schedules of a user, or of everybody, newest first; `before` is the last of the page before.

        With `shared`, only those that others share with that user.
        """

    def change(
        self, schedule_id: UUID, edit: Callable[[Schedule], tuple[Schedule, Sequence[Window]]], audit: AuditEntry
    ) -> Schedule | None:
        """Replace a schedule by what `edit` makes of it and write the windows it gives, in one transaction.

        None if there is no such schedule. `edit` may be called while others wait; whatever it raises changes nothing.
        """

    def delete(self, schedule_id: UUID, audit: AuditEntry) -> bool:
        """Delete a schedule and its windows; its jobs stay. False if there was none."""

    def advance(self, *, now: datetime, limit: int, plan: Callable[[Schedule], Plan]) -> list[Plan]:
        """Plan the active schedules whose turn has come: write windows and next turn, in one transaction.

        Two callers never get the same schedule at the same time, and a window that is there stays as it is.
        """

    def add_window(self, window: Window, audit: AuditEntry) -> None:
        """Write a window that somebody wants by hand."""

    def reserve(
        self, *, now: datetime, lease: timedelta, limit: int, schedule_id: UUID | None = None
    ) -> list[tuple[Schedule, Window]]:
        """Pending windows whose jobs are not requested, oldest turn first.

        Nobody else gets them until the lease ends.
        """

    def started(self, windows: Sequence[Started], *, now: datetime) -> None:
        """Note that the jobs of these windows are in the ledger; without effect on those that are settled."""

    def postpone(self, windows: Sequence[Window], *, start_at: datetime) -> None:
        """Leave windows for later whose jobs could not be requested."""

    def ended(self, *, limit: int) -> list[tuple[Schedule, Window]]:
        """Started windows that are pending although all of their jobs have ended, oldest first."""

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
        """Settle a pending window and count failures in a row; None if it was settled already.

        A reason of the start stays where none is given. With `stop`, the schedule is paused for that reason. What does
        not count leaves the failures in a row as they are.
        """

    def note(self, schedule_id: UUID, due_at: datetime, part: str, *, digest: str, withheld: str | None) -> None:
        """Remember what the result of a part was, and why it goes to nobody, if so."""

    def previous_digest(self, schedule_id: UUID, part: str, *, before: datetime) -> str | None:
        """What the result of a part was at the last window before that has one."""

    def windows(self, schedule_id: UUID, *, limit: int, before: datetime | None = None) -> list[Window]:
        """The tick ledger of a schedule, newest first."""

    def latest_windows(self, schedule_ids: Sequence[UUID], *, limit: int) -> Mapping[UUID, list[Window]]:
        """The newest windows of each of these schedules, newest first; one without windows is left out."""
