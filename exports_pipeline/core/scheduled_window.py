"""What an export job knows of the schedule that it runs for."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid5

BASELINES = "baselines/"
"""What the keys of rows begin with that are kept to be compared with: outside the files, which expire."""


class Condition(StrEnum):
    """When a result of a schedule goes to its recipients."""

    ALWAYS = "always"
    NOT_EMPTY = "not_empty"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class ScheduledWindow:
    """One window of a schedule, and which part of its work a job does."""

    schedule_id: UUID
    name: str
    """What the schedule is called."""
    due_at: datetime
    """The window: the instant it came due, whenever it ran."""
    timezone: str
    condition: Condition = Condition.ALWAYS
    key: tuple[str, ...] = ()
    """The columns by which rows of two results are paired."""
    part: str
    """The format, and whose rights where recipients have different ones; one job each."""
    is_only_part: bool = True

    @property
    def window(self) -> str:
        """The window as it is written in keys and tags."""
        return window_text(self.due_at)

    @property
    def idempotency_key(self) -> str:
        """What keeps a second job from being made for the same window."""
        return f"schedule:{self.schedule_id}:{self.window}" + ("" if self.is_only_part else f":{self.part}")

    @property
    def job_id(self) -> UUID:
        """The id of the job, whoever makes it and however often."""
        return uuid5(self.schedule_id, f"{self.window}:{self.part}")

    @property
    def compares_rows(self) -> bool:
        """Whether the result is compared with that of the window before."""
        return self.condition is Condition.CHANGED

    @property
    def baseline_prefix(self) -> str:
        """What the keys of the rows begin with that are kept for the next windows of this part."""
        return f"{BASELINES}{self.schedule_id}/{self.part.replace(':', '-')}/"

    @property
    def baseline_key(self) -> str:
        """Where the rows of this window are kept for the next one."""
        return f"{self.baseline_prefix}{self.window}.parquet"

    def of_baseline(self, key: str) -> "ScheduledWindow":
        """The window of the same part whose rows lie at a key."""
        told = key.removeprefix(self.baseline_prefix).removesuffix(".parquet")
        return replace(self, due_at=datetime.fromisoformat(told))


def window_text(due_at: datetime) -> str:
    """An instant as ISO 8601 in UTC: `2026-03-01T08:00:00Z`."""
    return due_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
