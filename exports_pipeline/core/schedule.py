"""Schedules: recurring exports and reports, and the windows at which they come due."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from exports_pipeline.core.cron import Cron, parse_cron
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.recurrence import least_gap, next_window, windows
from exports_pipeline.core.scheduled_window import Condition

LATE_AFTER = timedelta(minutes=1)
"""A window that starts so long after its turn has run late."""
MISSED_AFTER = timedelta(minutes=5)
"""A window of which nobody knew for so long was missed, and is left to the policy; before that, to a slow tick."""
FAILURES_TO_PAUSE = 10
AT_ONCE = 1000
"""Windows that are planned at a time; after a long outage the others follow at the next tick."""
_CATCH_UP_PER_MINUTE = 5


class ScheduleKind(StrEnum):
    """What a schedule makes."""

    EXPORT = "export"
    REPORT = "report"


class CatchUp(StrEnum):
    """Which of the windows that were missed in an outage run after it."""

    ONE = "one"
    ALL = "all"
    NONE = "none"


class WindowState(StrEnum):
    """What has become of a window."""

    PENDING = "pending"
    RAN = "ran"
    LATE = "late"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A recurring export or report."""

    id: UUID
    user_id: UUID
    """Its owner, with whose rights it runs."""
    name: str
    kind: ScheduleKind
    body: Mapping[str, Any]
    """What is exported or reported, as the body of such a request, checked; without format and recipients."""
    formats: tuple[str, ...]
    cron: str
    timezone: str
    recipients: tuple[Recipient, ...] = ()
    is_active: bool = True
    catch_up: CatchUp = CatchUp.ONE
    condition: Condition = Condition.ALWAYS
    key: tuple[str, ...] = ()
    """The columns by which rows of two results are paired, for the condition `changed`."""
    per_recipient: bool = False
    """Whether recipients who are people of the system get what their own rights show."""
    expires_at: datetime | None = None
    """No window comes due from here on."""
    created_at: datetime
    updated_at: datetime
    failures_in_row: int = 0
    paused_reason: str | None = None
    """Why it is not active, where nobody paused it."""
    planned_until: datetime
    """Every window up to here is in the ledger."""
    next_due_at: datetime | None = None
    """When the next window's turn comes: its time and the spread of this schedule; None where there is none."""
    shared_with: tuple[UUID, ...] = ()
    """The teams whose members may see, pause and run it."""

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)

    @property
    def parsed_cron(self) -> Cron:
        """Its cron expression."""
        return parse_cron(self.cron)

    @property
    def next_window_at(self) -> datetime | None:
        """When it comes due next; None where it does not."""
        if self.next_due_at is None:
            return None
        return next_window(self.parsed_cron, self.zone, after=self.planned_until)


@dataclass(frozen=True, kw_only=True)
class Window:
    """One row of the tick ledger."""

    schedule_id: UUID
    due_at: datetime
    state: WindowState = WindowState.PENDING
    reason: str | None = None
    start_at: datetime
    """Not before this instant its jobs are requested."""
    by_hand: bool = False
    is_late: bool = False
    started_at: datetime | None = None
    """When its jobs were in the ledger."""
    settled_at: datetime | None = None
    """When its jobs had ended; of a pending window, before one of them was tried again by hand."""
    job_ids: tuple[UUID, ...] = ()
    withheld: Mapping[str, str] = field(default_factory=dict)
    """Why the results of some parts went to nobody."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one look at a schedule adds to the ledger."""

    windows: tuple[Window, ...]
    planned_until: datetime
    next_due_at: datetime | None


def spread_of(schedule_id: UUID, cron: Cron, most: timedelta) -> timedelta:
    """How long after its windows a schedule runs: always the same, and less than a tenth of the time between two."""
    seconds = int(min(most, least_gap(cron) / 10).total_seconds())
    return timedelta(seconds=_hash(schedule_id) % seconds) if seconds else timedelta(0)


def scheduled(schedule: Schedule, *, now: datetime, most_spread: timedelta) -> Schedule:
    """The schedule as it goes on from now; nothing before now comes due any more."""
    if not schedule.is_active:
        return replace(schedule, planned_until=now, next_due_at=None)
    return replace(schedule, planned_until=now, next_due_at=_next_turn(schedule, now, most_spread))


def plan(schedule: Schedule, *, now: datetime, most_spread: timedelta) -> Plan:
    """Decide what becomes of the windows whose turn has come, by the policy for those that were missed."""
    spread = spread_of(schedule.id, schedule.parsed_cron, most_spread)
    elapsed = _elapsed(schedule, until=now - spread)
    looked_at, more = elapsed[:AT_ONCE], len(elapsed) > AT_ONCE
    planned_until = looked_at[-1] if looked_at else schedule.planned_until
    missed = [each for each in looked_at if now - spread - each > MISSED_AFTER]
    newest = looked_at[-1] if looked_at and not more else None
    found = [
        _missed(schedule, each, place=place, is_newest=each == newest, now=now) for place, each in enumerate(missed)
    ]
    found += [Window(schedule_id=schedule.id, due_at=each, start_at=now) for each in looked_at[len(missed) :]]
    return Plan(
        windows=tuple(found),
        planned_until=planned_until,
        next_due_at=now if more else _next_turn(schedule, planned_until, most_spread),
    )


def forgone(schedule: Schedule, *, now: datetime, reason: str) -> tuple[Window, ...]:
    """The windows that have passed without a turn, as skipped ones: before a schedule is paused or changed."""
    if not schedule.is_active:
        return ()
    return tuple(_skipped(schedule, each, reason, now) for each in _elapsed(schedule, until=now)[:AT_ONCE])


def edited(
    schedule: Schedule, changes: Mapping[str, Any], *, now: datetime, most_spread: timedelta
) -> tuple[Schedule, tuple[Window, ...]]:
    """The schedule with changes, and the windows that it gives up by them; none of the changes has it run.

    Where the times stay the same, it goes on as if nothing had happened; else it starts anew from now.
    """
    changed = replace(schedule, **changes, updated_at=now)
    if not changed.is_active:
        if not schedule.is_active:
            return changed, ()
        given_up = forgone(schedule, now=now, reason="Paused before its turn.")
        return scheduled(changed, now=now, most_spread=most_spread), given_up
    if not schedule.is_active:
        resumed = replace(changed, paused_reason=None, failures_in_row=0)
        return scheduled(resumed, now=now, most_spread=most_spread), ()
    if (schedule.cron, schedule.timezone) != (changed.cron, changed.timezone):
        given_up = forgone(schedule, now=now, reason="Changed before its turn.")
        return scheduled(changed, now=now, most_spread=most_spread), given_up
    return replace(changed, next_due_at=_next_turn(changed, changed.planned_until, most_spread)), ()


def is_late(schedule: Schedule, window: Window, *, now: datetime, most_spread: timedelta) -> bool:
    """Whether a window that starts now starts late."""
    spread = spread_of(schedule.id, schedule.parsed_cron, most_spread)
    return not window.by_hand and now - spread - window.due_at > LATE_AFTER


def _missed(schedule: Schedule, due_at: datetime, *, place: int, is_newest: bool, now: datetime) -> Window:
    if schedule.catch_up is CatchUp.ALL:
        start_at = now + timedelta(minutes=place // _CATCH_UP_PER_MINUTE)
        return Window(schedule_id=schedule.id, due_at=due_at, start_at=start_at)
    if schedule.catch_up is CatchUp.NONE:
        return _skipped(schedule, due_at, "Missed in an outage.", now)
    if not is_newest:
        return _skipped(schedule, due_at, "Superseded after an outage.", now)
    return Window(schedule_id=schedule.id, due_at=due_at, start_at=now)


def _skipped(schedule: Schedule, due_at: datetime, reason: str, now: datetime) -> Window:
    return Window(
        schedule_id=schedule.id, due_at=due_at, state=WindowState.SKIPPED, reason=reason, start_at=now, settled_at=now
    )


def _elapsed(schedule: Schedule, *, until: datetime) -> list[datetime]:
    """The windows that are in no ledger yet, oldest first, and at most one more than are planned at a time."""
    if schedule.expires_at is not None:
        until = min(until, schedule.expires_at - timedelta(microseconds=1))
    found = windows(schedule.parsed_cron, schedule.zone, after=schedule.planned_until, until=until)
    return list(islice(found, AT_ONCE + 1))


def _next_turn(schedule: Schedule, after: datetime, most_spread: timedelta) -> datetime | None:
    due_at = next_window(schedule.parsed_cron, schedule.zone, after=after)
    if due_at is None or (schedule.expires_at is not None and due_at >= schedule.expires_at):
        return None
    return due_at + spread_of(schedule.id, schedule.parsed_cron, most_spread)


@lru_cache(maxsize=16384)
def _hash(schedule_id: UUID) -> int:
    return int.from_bytes(hashlib.sha256(schedule_id.bytes).digest()[:8])
