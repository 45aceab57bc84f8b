"""The port of the outbox."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.delivery import Delivery, Notice
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel, Recipient


class Outbox(Protocol):
    """The deliveries; those of results are written by `JobStore.complete`.

    Every method raises LedgerUnavailable where the database does not answer.
    """

    def add(self, notice: Notice, recipient: Recipient, *, now: datetime) -> bool:
        """Write a notice to a recipient; False if it is there already."""

    def reserve(
        self,
        *,
        job_id: UUID | None,
        now: datetime,
        lease: timedelta,
        limit: int = 20,
        channels: Collection[Channel] = tuple(Channel),
    ) -> list[Delivery]:
        """Mark due deliveries of one job, or of all, as being sent until the lease ends, and return them."""

    def is_due(self, channels: Collection[Channel], *, now: datetime) -> bool:
        """Whether a delivery by one of the channels waits to be sent."""

    def renew(self, delivery: Delivery, *, until: datetime) -> bool:
        """Move the end of the lease of a delivery; False if it is no longer this try that sends it."""

    def sent(self, delivery: Delivery, *, receipt: str, now: datetime) -> None:
        """Settle a delivery as sent, also where a later try has begun: it has arrived."""

    def postponed(self, delivery: Delivery, error: ExportError, *, next_try_at: datetime) -> None:
        """Note why a try failed and when the next one is due; nothing where a later try has begun."""

    def failed(self, delivery: Delivery, error: ExportError, *, now: datetime) -> None:
        """Settle a delivery as failed; nothing where a later try has begun."""

    def again(self, delivery_id: UUID, *, now: datetime, audit: AuditEntry) -> Delivery | None:
        """Make a failed delivery pending again with its tries forgotten, and note who asked; None unless it failed."""

    def of_job(self, job_id: UUID) -> list[Delivery]:
        """All deliveries of a job, notices included, in the order they were written."""
