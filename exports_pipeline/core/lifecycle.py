"""What may follow what in the life of an export job."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from exports_pipeline.core.errors import ExportError


class Status(StrEnum):
    """Where an export job stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing happens any more by itself."""
        return self in {Status.COMPLETED, Status.FAILED, Status.CANCELLED}

    @property
    def may_be_cancelled(self) -> bool:
        """Whether there is something to stop."""
        return not self.is_final

    @property
    def may_be_retried(self) -> bool:
        """Whether a new attempt makes sense."""
        return self in {Status.FAILED, Status.CANCELLED}


@dataclass(frozen=True, kw_only=True)
class Requeue:
    """The job waits for its next attempt."""

    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """The job has failed."""


def after_failure(attempt: int, error: ExportError, now: datetime, *, max_attempts: int = 3) -> Requeue | GiveUp:
    """Decide what follows a failed attempt, counted from 1.

    The wait doubles from one second to at most a minute.
    """
    if not error.retryable or attempt >= max_attempts:
        return GiveUp()
    return Requeue(due_at=now + timedelta(seconds=min(60, 2 ** (attempt - 1))))
