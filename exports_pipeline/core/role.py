"""Roles: names for bundles of permissions."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from exports_pipeline.core.requester import Claimed, Permission, Requester


@dataclass(frozen=True, kw_only=True)
class Role:
    """A bundle of permissions that users have together."""

    name: str
    permissions: frozenset[Permission] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the service itself knows of a user, whatever their token says."""

    is_active: bool = True
    roles: frozenset[str] = frozenset()
    """Those that were assigned here."""
    teams: frozenset[UUID] = frozenset()


class Roles:
    """The roles of a deployment, and the one of users who have none."""

    def __init__(self, roles: Iterable[Role] = (), *, default: str | None = None) -> None:
        self._by_name = {role.name: role for role in roles}
        self.default = default

    def __iter__(self) -> Iterator[Role]:
        return iter(self._by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def permissions_of(self, names: Iterable[str]) -> frozenset[Permission]:
        """Everything that some roles allow together; names that stand for no role allow nothing."""
        held = (self._by_name[name] for name in names if name in self)
        return frozenset(permission for role in held for permission in role.permissions)

    def complete(self, requester: Requester, standing: Standing) -> Requester:
        """The requester with all that they may do: by claim, by the roles of claim and standing, by the teams."""
        claimed = requester.claimed or Claimed(permissions=requester.permissions, roles=frozenset())
        roles = self._held(claimed.roles, standing.roles)
        return replace(
            requester,
            claimed=claimed,
            roles=roles,
            teams=standing.teams,
            permissions=claimed.permissions | self.permissions_of(roles),
        )

    def _held(self, claimed: Collection[str] | None, assigned: Collection[str]) -> frozenset[str]:
        """The default role is for users of whom neither token nor administrator says which they have."""
        if claimed is None and not assigned and self.default is not None:
            return frozenset({self.default})
        return frozenset(name for name in (*(claimed or ()), *assigned) if name in self)
