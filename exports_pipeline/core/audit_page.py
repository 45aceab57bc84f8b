"""Entries of the audit log as they are read, some at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which entries are wanted, newest first; what is None is not asked for."""

    limit: int = 50
    since: datetime | None = None
    until: datetime | None = None
    entity_type: str | None = None
    action: str | None = None
    """An action, or the beginning of some with `*` at its end."""
    actor: UUID | None = None
    outcome: str | None = None
    before: tuple[datetime, int] | None = None
    """Time and id of the last entry of the page before."""

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for, for the entry that reading leaves."""
        names = ("since", "until", "entity_type", "action", "actor", "outcome")
        values = {name: getattr(self, name) for name in names}
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in values.items()
            if value is not None
        }


@dataclass(frozen=True, kw_only=True)
class StoredEntry:
    """An entry as it is stored, with its seal."""

    id: int
    at: datetime
    actor: UUID
    subject: UUID | None
    service: UUID | None
    key_id: UUID | None
    action: str
    entity_type: str
    entity_id: str
    job_id: UUID | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    details: Mapping[str, Any]
    outcome: str
    request_id: str
    address: str | None
    agent: str | None
    personal: Mapping[str, Any] | None
    is_erased: bool
    """Whether its personal part was erased."""
    sequence: int | None
    """Its place in the chain, from 1; None while it waits for its seal."""
    previous_hash: bytes | None
    hash: bytes | None
