"""Who asks, and what they may do."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """What somebody may do; docs/access.md tells each."""

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


_DECIDES = frozenset({Permission.EXPORT_ALL, Permission.UNMASK, Permission.VIEW_AUDIT, Permission.VIEW_INSIGHTS_ALL})
"""The permissions on which it depends which rows a result has, and how they are shown."""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """What a token itself claims for its user, before anything is added to it."""

    permissions: frozenset[Permission] = frozenset()
    roles: frozenset[str] | None = None
    """Names of roles, some of which may be unknown; None where the token does not speak of roles."""


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
    claimed: Claimed | None = field(default=None, compare=False, repr=False)
    """Which of all this the token says; what is kept of a user, so that a role taken away here is gone at once."""

    def may(self, permission: Permission) -> bool:
        """Whether they have a permission."""
        return permission in self.permissions

    def beside(self, owner: UUID) -> UUID | None:
        """Whom the audit log names beside them, for what they do to a thing of an owner; None for their own."""
        return None if owner == self.user_id else owner

    @property
    def is_narrowed(self) -> bool:
        """Whether this tells but a part of what the user may do: they ask with a key, or somebody asks for them."""
        return self.key_id is not None or self.service is not None

    @property
    def through(self) -> dict[str, str]:
        """The service account and the API key that the request came by, as the ledger keeps them; mostly neither."""
        found = {"service": self.service, "key": self.key_id}
        return {name: str(value) for name, value in found.items() if value is not None}

    @property
    def whole(self) -> "Requester":
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
    def may_export(self) -> bool:
        """Whether anything may be made for this requester at all."""
        return Permission.EXPORT in self.permissions

    @property
    def manages_exports(self) -> bool:
        """Whether export jobs of others may be seen and cancelled."""
        return Permission.MANAGE_EXPORTS in self.permissions

    @property
    def manages_schedules(self) -> bool:
        """Whether schedules of others may be seen, changed and run; those who manage exports may as well."""
        return bool(self.permissions & {Permission.MANAGE_SCHEDULES, Permission.MANAGE_EXPORTS})

    @property
    def manages_destinations(self) -> bool:
        """Whether destinations of others may be seen and changed."""
        return Permission.MANAGE_DESTINATIONS in self.permissions

    @property
    def views_insights(self) -> bool:
        """Whether the insights of all users may be seen; those who manage exports may as well."""
        return bool(self.permissions & {Permission.VIEW_INSIGHTS_ALL, Permission.MANAGE_EXPORTS})

    @property
    def administers(self) -> bool:
        """Whether roles and teams may be changed."""
        return Permission.ADMIN in self.permissions
