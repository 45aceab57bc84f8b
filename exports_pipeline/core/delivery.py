"""Deliveries: one result or notice for one recipient over one channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from exports_pipeline.core.errors import DeliveryUnavailable, ExportError, InvalidMessageTemplate, NotConfigured
from exports_pipeline.core.recipient import Recipient

MAX_TRIES = 8
MAX_TRIES_OF_OURS = 32
"""After so many, what an operator must mend has been tried for a day."""
_LONGEST_PAUSE_S = 86_400.0
_MENDED_BY_OPERATORS = (InvalidMessageTemplate, NotConfigured)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Kind(StrEnum):
    """What is told; each has a message template of its name."""

    RESULT = "result"
    JOB_FAILED = "job_failed"
    JOB_RECOVERED = "job_recovered"
    DELIVERY_FAILED = "delivery_failed"
    SCHEDULE_PAUSED = "schedule_paused"
    SCHEDULE_STOPPED = "schedule_stopped"
    CHAT_UNLINKED = "chat_unlinked"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One row of the outbox; a result is unique per job and recipient, a notice per occasion and recipient."""

    id: UUID
    recipient: Recipient
    state: DeliveryState
    tries: int
    """How often sending was tried, this time included."""
    next_try_at: datetime | None
    created_at: datetime
    kind: Kind = Kind.RESULT
    job_id: UUID | None = None
    user_id: UUID | None = None
    """Whom a notice concerns."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What a notice tells."""
    settled_at: datetime | None = None
    last_error: str | None = None
    receipt: str | None = None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that a user, or the operators, must hear of once."""

    kind: Kind
    occasion: str
    """What makes it the same notice when it is given again, as `schedule:{id}:{window}`."""
    user_id: UUID
    about: Mapping[str, Any]
    job_id: UUID | None = None


def next_try(delivery: Delivery, error: ExportError, now: datetime) -> datetime | None:
    """When a failed delivery is tried again; None gives up.

    The pauses grow threefold up to an hour, give or take a quarter, so that what failed together is not tried
    together; a channel that names a longer pause gets it. What waits for an operator, as a template that is broken or
    a key that is gone, is tried for a day.
    """
    is_ours = isinstance(error, _MENDED_BY_OPERATORS)
    if not (error.retryable or is_ours) or delivery.tries >= (MAX_TRIES_OF_OURS if is_ours else MAX_TRIES):
        return None
    jitter = 0.75 + (delivery.id.int + delivery.tries) % 1009 / 1009 / 2
    asked_for = (error.retry_after_s if isinstance(error, DeliveryUnavailable) else None) or 0.0
    return now + timedelta(
        seconds=max(min(asked_for, _LONGEST_PAUSE_S), jitter * min(3600, 5 * 3 ** (delivery.tries - 1)))
    )
