"""The port of the events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from exports_pipeline.core.event import Event


@dataclass(frozen=True, kw_only=True)
class Added:
    """What became of the events of one request; the three add up to all of them."""

    stored: int = 0
    duplicates: int = 0
    """Their ids were there already, in an earlier request or in this one; nothing was changed."""
    replaced: int = 0
    """Their ids were there already, and what was kept under these gave way to them."""


class EventStore(Protocol):
    """The events of all tenants; every method raises LedgerUnavailable where the database does not answer."""

    def add(self, tenant: str, events: Sequence[Event], *, now: datetime, replace: bool) -> Added:
        """Store a tenant's events, all or none, as one new batch; one id stands for one event of a tenant, for ever.

        Without `replace` the first event of an id stays. With it the last one does: the event keeps its batch, and its
        old and new minutes and customers are noted as stale.
        """

    def make_months(self, months: Iterable[date]) -> int:
        """Make the partitions of these months where they are missing; how many were."""

    def forget(self, *, before: datetime) -> int:
        """Drop all months that ended by then with their ids, and batches that old; how many months there were."""
