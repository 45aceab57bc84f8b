"""The users in Postgres, provisioned from their tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert

from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.adapters.tables import users
from exports_pipeline.core.requester import Requester


class PostgresUserStore:
    """`UserStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def telegram_chat(self, user_id: UUID) -> str | None:
        """The Telegram chat of a user who has linked one."""
        with transaction(self._engine) as connection:
            return connection.execute(
                select(users.c.telegram_chat_id).where(users.c.id == user_id)
            ).scalar_one_or_none()


def provision(connection: Connection, requester: Requester, *, at: datetime) -> None:
    """Write the user of a token on first use, and what the token says anew."""
    new = insert(users).values(
        id=requester.user_id,
        owner_key=requester.owner_key,
        permissions=sorted(requester.permissions),
        email=requester.email,
        created_at=at,
        seen_at=at,
    )
    changed = {name: new.excluded[name] for name in ("owner_key", "permissions", "seen_at")}
    if requester.email:
        changed["email"] = new.excluded.email
    connection.execute(new.on_conflict_do_update(index_elements=[users.c.id], set_=changed))
