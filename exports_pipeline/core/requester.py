"""Who asks, and what they may do."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """What a token may allow beyond the requester's own rows."""

    EXPORT = "EXPORT"
    """Export rows of one's own; every token that names no role has it."""
    MANAGE_EXPORTS = "MANAGE_EXPORTS"
    EXPORT_ALL = "EXPORT_ALL"
    MANAGE_SCHEDULES = "MANAGE_SCHEDULES"
    MANAGE_DESTINATIONS = "MANAGE_DESTINATIONS"
    VIEW_INSIGHTS_ALL = "VIEW_INSIGHTS_ALL"
    VIEW_AUDIT = "VIEW_AUDIT"
    UNMASK = "UNMASK"
    ADMIN = "ADMIN"


_DECIDES = frozenset({Permission.EXPORT_ALL, Permission.UNMASK, Permission.VIEW_AUDIT})
"""The permissions on which it depends which rows a result has, and how they are shown."""


@dataclass(frozen=True, kw_only=True)
class Requester:
    """A user as the bearer token describes them."""

    user_id: UUID
    owner_key: str
    """The value in a dataset's owner column that this user's rows carry."""
    permissions: frozenset[Permission] = frozenset()
    email: str | None = None
    roles: frozenset[str] = frozenset()
    """The roles that their permissions come from, by name."""
    teams: frozenset[UUID] = frozenset()
    """The teams they belong to."""
    service: UUID | None = None
    """The service account that acts for this user, if one does."""
    key_id: UUID | None = None
    """The API key that the request came with, if not a token."""

    withheld: frozenset[Permission] = frozenset()
    """Permissions that they have, and that this request makes no use of."""

    @property
    def standing(self) -> "Requester":
        """The same user with all permissions that they have, whatever one request makes use of."""
        return replace(self, permissions=self.permissions | self.withheld, withheld=frozenset())

    def lost_since(self, earlier: "Requester") -> frozenset[Permission]:
        """Permissions by which `earlier` saw more rows, or more of them, and that are gone."""
        return (earlier.permissions & _DECIDES) - self.permissions

    @property
    def sees_all_rows(self) -> bool:
        """Whether rows of every owner, and of nobody, are this requester's to export."""
        return Permission.EXPORT_ALL in self.permissions

    @property
    def may_unmask(self) -> bool:
        """Whether sensitive columns are shown as they are."""
        return Permission.UNMASK in self.permissions

    @property
    def views_audit(self) -> bool:
        """Whether what others did may be seen."""
        return Permission.VIEW_AUDIT in self.permissions

    @property
    def manages_exports(self) -> bool:
        """Whether export jobs of others may be seen and cancelled."""
        return Permission.MANAGE_EXPORTS in self.permissions
