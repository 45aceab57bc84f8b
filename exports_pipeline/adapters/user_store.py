"""The users in Postgres, provisioned from their tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.tables import users
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.requester import Permission, Requester


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

    def requester(self, user_id: UUID) -> Requester | None:
        """A user with the rights of their last token; None where there is no such user, or one who is deactivated."""
        query = select(users).where(users.c.id == user_id, users.c.deactivated_at.is_(None))
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        permissions = frozenset(map(Permission, row["permissions"]))
        return Requester(user_id=user_id, owner_key=row["owner_key"], permissions=permissions, email=row["email"])

    def deactivate(self, user_id: UUID, audit: AuditEntry) -> bool:
        """Have nothing run for a user any more."""
        return self._mark(user_id, audit.at, audit)

    def activate(self, user_id: UUID, audit: AuditEntry) -> bool:
        """Take a deactivation back."""
        return self._mark(user_id, None, audit)

    def _mark(self, user_id: UUID, deactivated_at: datetime | None, audit: AuditEntry) -> bool:
        statement = update(users).where(users.c.id == user_id).values(deactivated_at=deactivated_at)
        with transaction(self._engine) as connection:
            if connection.execute(statement).rowcount == 0:
                return False
            write_entry(connection, audit)
        return True


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
