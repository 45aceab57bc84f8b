"""The users in Postgres, provisioned from their tokens."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, RowMapping, Uuid, cast, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.tables import team_members, telegram_invitations, users
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.people import User
from exports_pipeline.core.requester import Claimed, Permission, Requester
from exports_pipeline.core.role import Roles, Standing

_user = users.c
_invitation = telegram_invitations.c
_TEAMS = (
    select(func.coalesce(func.array_agg(team_members.c.team_id), cast(literal("{}"), ARRAY(Uuid))))
    .where(team_members.c.user_id == _user.id)
    .correlate(users)
    .scalar_subquery()
    .label("teams")
)
_STANDING = (_user.id, _user.deactivated_at, _user.roles, _TEAMS)
_USER = (_user.id, _user.email, _user.deactivated_at, _user.roles, _user.created_at, _user.seen_at)
_NO_ROLES = Roles()


class PostgresUserStore:
    """`UserStore` over Postgres."""

    def __init__(self, engine: Engine, roles: Roles = _NO_ROLES) -> None:
        self._engine, self._roles = engine, roles

    def requester(self, user_id: UUID) -> Requester | None:
        """A user with the rights of their last token and of their roles; None where there is none who is active."""
        return self.requesters([user_id]).get(user_id)

    def requesters(self, user_ids: Collection[UUID]) -> dict[UUID, Requester]:
        """Those of the users that are there and active, by id."""
        query = select(*_STANDING, _user.owner_key, _user.permissions, _user.claimed_roles, _user.email)
        query = query.where(_user.id.in_(user_ids), _user.deactivated_at.is_(None))
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return {row["id"]: self._roles.complete(_requester(row), _standing(row)) for row in rows}

    def standings(self, user_ids: Collection[UUID]) -> dict[UUID, Standing]:
        """What is known of those of the users who are there, by id."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_STANDING).where(_user.id.in_(user_ids))).mappings().all()
        return {row["id"]: _standing(row) for row in rows}

    def find(self, user_id: UUID) -> User | None:
        """The user of that id."""
        with reading(self._engine) as connection:
            row = connection.execute(select(*_USER).where(_user.id == user_id)).mappings().one_or_none()
        return _found(row) if row else None

    def page(self, search: str, *, limit: int, before: tuple[datetime, UUID] | None = None) -> list[User]:
        """Users whose e-mail address or owner key holds a text, newest first."""
        query = select(*_USER).order_by(_user.created_at.desc(), _user.id.desc()).limit(limit)
        if search:
            held = (each.icontains(search, autoescape=True) for each in (_user.email, _user.owner_key))
            query = query.where(or_(*held))
        if before is not None:
            query = query.where(tuple_(_user.created_at, _user.id) < before)
        with reading(self._engine) as connection:
            return [_found(row) for row in connection.execute(query).mappings()]

    def assign(self, user_id: UUID, roles: Collection[str], audit: AuditEntry) -> bool:
        """Give a user these roles in place of those assigned before."""
        assigned = update(users).where(_user.id == user_id).values(roles=sorted(roles))
        with transaction(self._engine) as connection:
            if connection.execute(assigned).rowcount == 0:
                return False
            write_entry(connection, audit)
        return True

    def is_active(self, user_id: UUID) -> bool:
        """Whether there is such a user, not deactivated."""
        with reading(self._engine) as connection:
            return bool(connection.execute(select(func.is_active_user(user_id))).scalar_one())

    def seen(self, requester: Requester, *, at: datetime) -> None:
        """Write what a token says of its user."""
        with transaction(self._engine) as connection:
            provision(connection, requester, at=at)

    def set_active(self, user_id: UUID, *, is_active: bool, at: datetime) -> bool:
        """Let a user in again, or keep them out."""
        return self._change(_user.id == user_id, deactivated_at=None if is_active else at) > 0

    def telegram_chat(self, user_id: UUID) -> str | None:
        """The Telegram chat of a user who has linked one."""
        with reading(self._engine) as connection:
            return connection.execute(select(_user.telegram_chat_id).where(_user.id == user_id)).scalar_one_or_none()

    def invite(self, user_id: UUID, code_hash: str, *, expires_at: datetime) -> None:
        """Remember an invitation in place of the user's earlier ones."""
        new = {"code_hash": code_hash, "user_id": user_id, "expires_at": expires_at}
        with transaction(self._engine) as connection:
            connection.execute(delete(telegram_invitations).where(_invitation.user_id == user_id))
            connection.execute(insert(telegram_invitations).values(new))

    def accept(self, code_hash: str, chat: str, *, now: datetime) -> UUID | None:
        """Link the chat to the user of an invitation, which ends."""
        taken = delete(telegram_invitations).where(_invitation.code_hash == code_hash, _invitation.expires_at > now)
        with transaction(self._engine) as connection:
            user_id = connection.execute(taken.returning(_invitation.user_id)).scalar_one_or_none()
            if user_id is not None:
                connection.execute(update(users).where(_user.id == user_id).values(telegram_chat_id=chat))
        return user_id

    def unlink(self, user_id: UUID) -> bool:
        """Forget the Telegram chat of a user."""
        return self._change(_user.id == user_id, _user.telegram_chat_id.is_not(None), telegram_chat_id=None) > 0

    def unlink_chat(self, chat: str) -> list[UUID]:
        """Forget a Telegram chat, and return who had linked it."""
        forgotten = update(users).where(_user.telegram_chat_id == chat).values(telegram_chat_id=None)
        with transaction(self._engine) as connection:
            return list(connection.execute(forgotten.returning(_user.id)).scalars())

    def _change(self, *which: Any, **values: Any) -> int:
        with transaction(self._engine) as connection:
            return connection.execute(update(users).where(*which).values(**values)).rowcount


def _requester(row: RowMapping) -> Requester:
    """A user as their last token described them."""
    permissions = frozenset(each for each in Permission if each.value in row["permissions"])
    roles = None if row["claimed_roles"] is None else frozenset(row["claimed_roles"])
    return Requester(
        user_id=row["id"],
        owner_key=row["owner_key"],
        email=row["email"],
        claimed=Claimed(permissions=permissions, roles=roles),
    )


def _standing(row: RowMapping) -> Standing:
    return Standing(
        is_active=row["deactivated_at"] is None, roles=frozenset(row["roles"]), teams=frozenset(row["teams"])
    )


def _found(row: RowMapping) -> User:
    return User(
        id=row["id"],
        email=row["email"],
        is_active=row["deactivated_at"] is None,
        roles=frozenset(row["roles"]),
        created_at=row["created_at"],
        seen_at=row["seen_at"],
    )


def provision(connection: Connection, requester: Requester, *, at: datetime) -> None:
    """Write the user of a token on first use, and what the token says anew; what was assigned here stays.

    Whoever asks with a key, or for somebody else, tells no more of the user than that they were there.
    """
    claimed = requester.claimed or Claimed(permissions=requester.whole.permissions, roles=frozenset())
    new = insert(users).values(
        id=requester.user_id,
        owner_key=requester.owner_key,
        permissions=sorted(claimed.permissions),
        claimed_roles=None if claimed.roles is None else sorted(claimed.roles),
        email=requester.email,
        created_at=at,
        seen_at=at,
    )
    told = ("seen_at",) if requester.is_narrowed else ("owner_key", "permissions", "claimed_roles", "seen_at")
    changed = {name: new.excluded[name] for name in told}
    if requester.email and not requester.is_narrowed:
        changed["email"] = new.excluded.email
    connection.execute(new.on_conflict_do_update(index_elements=[users.c.id], set_=changed))
