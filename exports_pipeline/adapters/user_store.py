"""The users in Postgres, provisioned from their tokens."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.tables import telegram_invitations, users
from exports_pipeline.core.requester import Permission, Requester

_user = users.c
_invitation = telegram_invitations.c


class PostgresUserStore:
    """`UserStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def requester(self, user_id: UUID) -> Requester | None:
        """A user with the rights of their last token; None where there is none, or they were deactivated."""
        return self.requesters([user_id]).get(user_id)

    def requesters(self, user_ids: Collection[UUID]) -> dict[UUID, Requester]:
        """Those of the users that are there and active, by id."""
        query = select(_user.id, _user.owner_key, _user.permissions, _user.email)
        query = query.where(_user.id.in_(user_ids), _user.deactivated_at.is_(None))
        with reading(self._engine) as connection:
            return {row["id"]: _requester(row) for row in connection.execute(query).mappings()}

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
    known = frozenset(each for each in Permission if each.value in row["permissions"])
    return Requester(user_id=row["id"], owner_key=row["owner_key"], permissions=known, email=row["email"])


def provision(connection: Connection, requester: Requester, *, at: datetime) -> None:
    """Write the user of a token on first use, and what the token says anew."""
    new = insert(users).values(
        id=requester.user_id,
        owner_key=requester.owner_key,
        permissions=sorted(requester.standing.permissions),
        email=requester.email,
        created_at=at,
        seen_at=at,
    )
    changed = {name: new.excluded[name] for name in ("owner_key", "permissions", "seen_at")}
    if requester.email:
        changed["email"] = new.excluded.email
    connection.execute(new.on_conflict_do_update(index_elements=[users.c.id], set_=changed))
