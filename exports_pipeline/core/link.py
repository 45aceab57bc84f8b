"""Links: what a message carries in place of a signed URL; each opening is checked, counted and noted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry


@dataclass(frozen=True, kw_only=True)
class Link:
    """The link of one delivery; its token is made of its id, by `Vault.token`."""

    id: UUID
    delivery_id: UUID
    job_id: UUID
    expires_at: datetime
    revoked_at: datetime | None = None
    opened: int = 0
    last_opened_at: datetime | None = None


class LinkStore(Protocol):
    """The links; every method raises LedgerUnavailable where the database does not answer."""

    def make(self, delivery_id: UUID, job_id: UUID, *, now: datetime, expires_at: datetime) -> Link:
        """The link of a delivery, made at the first call; a later call moves the end of one that is not revoked."""

    def find(self, link_id: UUID) -> Link | None:
        """The link of that id."""

    def of_job(self, job_id: UUID) -> list[Link]:
        """The links of a job's deliveries."""

    def opened(self, link_id: UUID, audit: AuditEntry) -> None:
        """Count an opening and note it in the audit log, in one transaction."""

    def revoke(self, delivery_id: UUID, audit: AuditEntry) -> bool:
        """Close the link of a delivery for good, with its audit entry; False if there is none open."""


class Vault(Protocol):
    """Encrypts and signs with the deployment's key."""

    def seal(self, plain: bytes) -> bytes:
        """Encrypt."""

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt what `seal` made.

        Raises:
            NotConfigured: none of the keys that are set has sealed it.
        """

    def token(self, link_id: UUID) -> str:
        """The token of a link: its id, signed; safe in a URL."""

    def link_id(self, token: str) -> UUID | None:
        """The id of the link whose token this is; None for anything else."""
