"""Read the users of the system and assign roles to them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from exports_pipeline.core.access_refusals import UnknownRole
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.people import User
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed, UnknownUser
from exports_pipeline.core.requester import Requester


def find_user(user_id: UUID, *, ports: ExportPorts) -> User:
    """A user, deactivated or not.

    Raises:
        UnknownUser: nobody of that id was ever here.
    """
    user = ports.users.find(user_id)
    if user is None:
        raise UnknownUser(f"There is no user {user_id}; they are known from their first request on.")
    return user


def list_users(search: str, *, limit: int, before: tuple[datetime, UUID] | None, ports: ExportPorts) -> list[User]:
    """A page of the users whose e-mail address or owner key holds a text, newest first."""
    return ports.users.page(search, limit=limit, before=before)


def assign_roles(user_id: UUID, roles: Collection[str], requester: Requester, *, ports: ExportPorts) -> User:
    """Give a user these roles in place of those assigned before; a token may name others besides.

    Nobody changes their own roles, nor gives a role that allows what they may not do themselves: an administrator
    whose token allows nothing else cannot make themselves, or a friend, see all rows.

    Raises:
        NotAllowed: the requester does not administer, or would raise themselves or somebody else above themselves.
        UnknownRole, UnknownUser.
    """
    if not requester.administers:
        raise NotAllowed
    if user_id == requester.user_id:
        raise NotAllowed("Nobody changes their own roles; ask another administrator.")
    for place, name in enumerate(roles):
        if name not in ports.roles:
            known = ", ".join(role.name for role in ports.roles)
            raise UnknownRole(f"There is no role {name[:60]!r}; there are {known}.", field=f"roles.{place}")
    user, wanted = find_user(user_id, ports=ports), frozenset(roles)
    beyond = ports.roles.permissions_of(wanted - user.roles) - requester.permissions
    if beyond:
        raise NotAllowed(f"These roles allow {', '.join(sorted(beyond))}, which you do not have yourself.")
    entry = AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        action="role.assigned",
        subject=user_id,
        entity_type="user",
        entity_id=str(user_id),
        before={"roles": sorted(user.roles)},
        after={"roles": sorted(wanted)},
    )
    if not ports.users.assign(user_id, wanted, entry):
        raise UnknownUser
    return replace(user, roles=wanted)
