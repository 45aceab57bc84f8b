"""The port of the people of the system."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.requester import Requester


class UserStore(Protocol):
    """The people of the system, as their last token described them.

    Every method raises LedgerUnavailable where the database does not answer.
    """

    def requester(self, user_id: UUID) -> Requester | None:
        """A user with the rights they have now; None where there is none, or they were deactivated."""

    def requesters(self, user_ids: Collection[UUID]) -> dict[UUID, Requester]:
        """Those of the users that `requester` knows, asked for at once."""

    def seen(self, requester: Requester, *, at: datetime) -> None:
        """Write what a token says of its user."""

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
