"""The port of the people of the system."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.role import Standing


@dataclass(frozen=True, kw_only=True)
class User:
    """A user as administrators see them."""

    id: UUID
    email: str | None = None
    is_active: bool = True
    roles: frozenset[str] = frozenset()
    """Those that were assigned here; a token may name others."""
    created_at: datetime
    seen_at: datetime


class UserStore(Protocol):
    """The people of the system, as their last token described them.

    Every method raises LedgerUnavailable where the database does not answer.
    """

    def requester(self, user_id: UUID) -> Requester | None:
        """A user with the rights they have now; None where there is none, or they were deactivated."""

    def requesters(self, user_ids: Collection[UUID]) -> dict[UUID, Requester]:
        """Those of the users that `requester` knows, asked for at once."""

    def is_active(self, user_id: UUID) -> bool:
        """Whether `requester` knows a user; of anybody, whoever asks, and nothing else of them."""

    def seen(self, requester: Requester, *, at: datetime) -> None:
        """Write what a token says of its user."""

    def standings(self, user_ids: Collection[UUID]) -> dict[UUID, Standing]:
        """What is known of those of the users who were seen before, in one statement."""

    def find(self, user_id: UUID) -> User | None:
        """The user of that id, deactivated or not."""

    def page(self, search: str, *, limit: int, before: tuple[datetime, UUID] | None = None) -> list[User]:
        """Users whose e-mail address or owner key holds a text, newest first; `before` is the last one before."""

    def assign(self, user_id: UUID, roles: Collection[str], audit: AuditEntry) -> bool:
        """Give a user these roles in place of those assigned before; False if there is no such user."""

    def set_active(self, user_id: UUID, *, is_active: bool, at: datetime) -> bool:
        """Let a user in again, or keep them out; False if there is no such user."""

    def telegram_chat(self, user_id: UUID) -> str | None:
        """The Telegram chat of a user who has linked one."""

    def invite(self, user_id: UUID, code_hash: str, *, expires_at: datetime) -> None:
        """Remember an invitation to link a Telegram chat, by the hash of its code; earlier ones of the user end."""

    def accept(self, code_hash: str, chat: str, *, now: datetime) -> UUID | None:
        """Link the chat to the user of an invitation, which ends; None if it is not there or has expired."""

    def unlink(self, user_id: UUID) -> bool:
        """Forget the Telegram chat of a user; False if none was linked."""

    def unlink_chat(self, chat: str) -> list[UUID]:
        """Forget a Telegram chat, and return who had linked it."""
