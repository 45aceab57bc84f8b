"""Teams: users who share results, schedules and destinations; and their store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry


@dataclass(frozen=True, kw_only=True)
class Team:
    """Some users under a name."""

    id: UUID
    name: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Member:
    """A user in a team."""

    user_id: UUID
    is_lead: bool = False
    """Whether they may add and remove members."""
    email: str | None = None


class TeamStore(Protocol):
    """The teams and their members; every method raises LedgerUnavailable where the database does not answer."""

    def add(self, team: Team, audit: AuditEntry) -> None:
        """Write a new team with its audit entry.

        Raises:
            NameTaken: another team has this name.
        """

    def find(self, team_id: UUID) -> Team | None:
        """The team of that id, whoever asks."""

    def page(self, user_id: UUID | None) -> list[Team]:
        """The teams of a user, or all of them, by name."""

    def rename(self, team_id: UUID, name: str, audit: AuditEntry) -> None:
        """Give a team another name.

        Raises:
            NameTaken: another team has it.
        """

    def delete(self, team_id: UUID, audit: AuditEntry) -> None:
        """Forget a team; nothing is shared with it any more."""

    def members(self, team_id: UUID) -> list[Member]:
        """The members of a team, leads first, then by id."""

    def put(self, team_id: UUID, member: Member, audit: AuditEntry) -> bool:
        """Make a user a member, or a member a lead, and that back; False if there is no such user or team."""

    def remove(self, team_id: UUID, user_id: UUID, audit: AuditEntry) -> bool:
        """Take a user out of a team, and back from it what they shared with it; False if they were no member."""
