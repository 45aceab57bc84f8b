"""The port of the API keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.api_key import ApiKey
from exports_pipeline.core.ledger import AuditEntry


class KeyStore(Protocol):
    """The API keys; every method raises LedgerUnavailable where the database does not answer."""

    def add(self, key: ApiKey, digest: bytes, audit: AuditEntry) -> bool:
        """Write a new key of a known user with its audit entry; False if another begins alike."""

    def find(self, prefix: str) -> tuple[ApiKey, bytes] | None:
        """The key that begins so, and its digest."""

    def get(self, key_id: UUID) -> ApiKey | None:
        """The key of that id."""

    def of_user(self, user_id: UUID | None) -> list[ApiKey]:
        """The keys of a user, or of everybody, newest first; those that have ended, too."""

    def revoke(self, key_id: UUID, audit: AuditEntry) -> ApiKey | None:
        """End a key with its audit entry; None if it had been revoked already."""

    def used(self, uses: Mapping[UUID, datetime]) -> None:
        """Note when keys were last used, each at most once a minute."""
