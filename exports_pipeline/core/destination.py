"""Saved destinations: places that results are sent to, named once and used often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.sharing import SharedWith


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A place that results are sent to, saved under a name; its secrets are kept apart, encrypted."""

    id: UUID
    user_id: UUID
    name: str
    channel: Channel
    address: str
    options: Mapping[str, Any] = field(default_factory=dict)
    secret_names: tuple[str, ...] = ()
    """Which secrets are set; their values are never returned."""
    created_at: datetime
    updated_at: datetime
    shared_with: tuple[UUID, ...] = ()
    """The teams whose members may send there."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of trying a destination out, as `connect` or `authenticate`."""

    name: str
    ok: bool
    seconds: float
    sentence: str | None = None
    """What went wrong and what to do, where it did."""


class DestinationStore(Protocol):
    """The saved destinations; every method raises LedgerUnavailable where the database does not answer."""

    def add(self, destination: Destination, sealed: bytes | None, audit: AuditEntry) -> None:
        """Write a new destination with its encrypted secrets and its audit entry, in one transaction.

        Raises:
            NameTaken: another destination of the user has this name.
        """

    def find(self, destination_id: UUID) -> Destination | None:
        """The destination of that id, whoever it belongs to."""

    def sealed(self, destination_id: UUID) -> bytes | None:
        """Its encrypted secrets; None where there are none."""

    def of_user(self, user_id: UUID) -> list[Destination]:
        """All destinations of a user, by name."""

    def shared(self, shared: SharedWith) -> list[Destination]:
        """All destinations that others share with a user, by name."""

    def share(self, destination_id: UUID, teams: Sequence[UUID], audit: AuditEntry) -> None:
        """Share a destination with these teams and no others, with its audit entry."""

    def change(self, destination: Destination, sealed: bytes | None, audit: AuditEntry) -> None:
        """Write a destination anew, but for whom it is shared with, with its audit entry.

        Raises:
            NameTaken: another destination of the user has this name.
        """

    def delete(self, destination_id: UUID, audit: AuditEntry) -> None:
        """Forget a destination, with its audit entry."""
