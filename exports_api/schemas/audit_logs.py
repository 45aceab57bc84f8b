"""The audit log as the API shows it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from exports_api.paging import decode_cursor
from exports_api.schemas.fields import Since, Until, WithoutNul
from exports_pipeline.core.audit_page import AuditFilter, StoredEntry
from exports_pipeline.usecases.read_audit import SeenChain

_MARK = "***"
_Word = Annotated[str, Field(max_length=200), WithoutNul]


class AuditQuery(BaseModel):
    """Which entries to list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500, description="Entries per page.")
    cursor: Annotated[str, Field(max_length=100), WithoutNul] | None = Field(
        None, description="`next_cursor` of the page before."
    )
    start_date: Since = Field(None, description="Entries at or after this time or day (UTC).")
    end_date: Until = Field(None, description="Entries before this time, or until the end of this day (UTC).")
    entity_type: _Word | None = Field(None, description="What was acted upon.", examples=["schedule"])
    action: _Word | None = Field(
        None, description="What was done; with `*` at its end, all that begins so.", examples=["export.*"]
    )
    actor: UUID | None = Field(None, description="Who did it.")
    outcome: Literal["ok", "refused", "error"] | None = Field(None, description="What came of it.")

    def as_filter(self) -> AuditFilter:
        """The filter in the words of the core, with one entry more, which tells whether another page follows.

        Raises:
            InvalidCursor: the cursor was not made by this list.
        """
        before = None
        if self.cursor is not None:
            at, place = decode_cursor(self.cursor)
            before = (at, min(place.int, 2**63 - 1))
        return AuditFilter(
            limit=self.limit + 1,
            since=self.start_date,
            until=self.end_date,
            entity_type=self.entity_type,
            action=self.action,
            actor=self.actor,
            outcome=self.outcome,
            before=before,
        )


class AuditEntryView(BaseModel):
    """An entry of the audit log."""

    id: int = Field(description="Its number; numbers grow, and some are left out.")
    at: datetime = Field(description="When.")
    actor: UUID = Field(description="Who; all zeros for the service itself, and for whoever had no token.")
    subject: UUID | None = Field(description="For whom, where that is not the actor.")
    service: UUID | None = Field(description="The service account that acted for the actor.")
    key_id: UUID | None = Field(description="The API key that the request came with.")
    action: str = Field(description="What was done.", examples=["export.requested"])
    entity_type: str = Field(description="What was acted upon; may be empty.", examples=["job"])
    entity_id: str = Field(description="Which one.")
    job_id: UUID | None = Field(description="The export job that it was about.")
    before: dict[str, Any] | None = Field(description="What was changed, as it was.")
    after: dict[str, Any] | None = Field(description="What was changed, as it is since.")
    details: dict[str, Any] = Field(description="More, by action.")
    outcome: str = Field(description="`ok`, `refused` or `error`.", examples=["ok"])
    request_id: str = Field(description="The request that it was done in.")
    address: str | None = Field(description="Where the request came from; `***` without UNMASK.")
    agent: str | None = Field(description="The program it came from; `***` without UNMASK.")
    personal: dict[str, Any] | str | None = Field(description="Personal members of the above; `***` without UNMASK.")
    is_erased: bool = Field(description="Whether the personal part was erased.")
    sequence: int | None = Field(description="Its place in the chain; null while it waits for its seal.")
    previous_hash: str | None = Field(description="Hash of the place before.")
    hash: str | None = Field(description="Hash of its own place.")

    @classmethod
    def of(cls, entry: StoredEntry, *, shows_personal: bool) -> "AuditEntryView":
        """The view of an entry."""
        members = {name: getattr(entry, name) for name in cls.model_fields}
        for name in ("address", "agent", "personal"):
            if not shows_personal and members[name] is not None:
                members[name] = _MARK
        for name in ("previous_hash", "hash"):
            members[name] = members[name].hex() if members[name] is not None else None
        return cls(**members)


class AuditList(BaseModel):
    """A page of the audit log."""

    items: list[AuditEntryView] = Field(description="Newest first.")
    next_cursor: str | None = Field(description="Where the next page begins; null on the last.")


class ChainView(BaseModel):
    """How far the chain of the audit log is."""

    sequence: int = Field(description="Entries that are sealed, dropped ones among them.")
    hash: str = Field(description="Hash of the last seal.")
    last_entry_at: datetime | None = Field(description="When the last sealed entry was written.")
    pending: int = Field(description="Entries that wait for a seal.")
    oldest_pending_at: datetime | None = Field(description="The oldest of them.")
    dropped_until: str | None = Field(description="The last month that was dropped.", examples=["2024-12"])
    dropped_entries: int = Field(description="Entries of all months that were dropped.")
    head_number: int | None = Field(description="Number of the newest signed head.")
    head_sequence: int | None = Field(description="How far the chain was then.")
    head_signed_at: datetime | None = Field(description="When it was signed.")
    agrees_with_head: bool = Field(description="Whether the chain still holds what the newest head has seen.")

    @classmethod
    def of(cls, seen: SeenChain) -> "ChainView":
        """The view of the chain."""
        state, head = seen.state, seen.head or {}
        return cls(
            sequence=state.sequence,
            hash=state.hash.hex(),
            last_entry_at=state.at,
            pending=state.pending,
            oldest_pending_at=state.oldest_pending_at,
            dropped_until=f"{state.anchor.month:%Y-%m}" if state.anchor.month else None,
            dropped_entries=state.anchor.entries,
            head_number=head.get("number"),
            head_sequence=head.get("sequence"),
            head_signed_at=head.get("signed_at"),
            agrees_with_head=seen.agrees,
        )
