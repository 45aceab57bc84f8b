"""The API keys in Postgres."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, RowMapping, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.tables import api_keys
from exports_pipeline.core.api_key import ApiKey
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.requester import Permission

NOTED_EVERY = timedelta(minutes=1)
_key = api_keys.c
_COLUMNS = (
    _key.id,
    _key.user_id,
    _key.owner_key,
    _key.name,
    _key.scopes,
    _key.act_for,
    _key.created_by,
    _key.created_at,
    _key.expires_at,
    _key.last_used_at,
    _key.revoked_at,
)


class PostgresKeyStore:
    """`KeyStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, key: ApiKey, digest: bytes, audit: AuditEntry) -> bool:
        """Write a new key; False if another begins alike."""
        new = {name.name: getattr(key, name.name) for name in _COLUMNS}
        new |= {"prefix": key.prefix, "hash": digest, "scopes": sorted(key.scopes), "act_for": list(key.act_for)}
        with transaction(self._engine) as connection:
            written = connection.execute(insert(api_keys).values(new).on_conflict_do_nothing().returning(_key.id))
            is_new = written.scalar_one_or_none() is not None
            if is_new:
                write_entry(connection, audit)
        return is_new

    def find(self, prefix: str) -> tuple[ApiKey, bytes] | None:
        """The key that begins so, and its digest."""
        with reading(self._engine) as connection:
            found = connection.execute(select(*_COLUMNS, _key.hash).where(_key.prefix == prefix)).mappings().first()
        return (_api_key(found), bytes(found["hash"])) if found else None

    def get(self, key_id: UUID) -> ApiKey | None:
        """The key of that id."""
        found = self._select(_key.id == key_id)
        return found[0] if found else None

    def of_user(self, user_id: UUID | None) -> list[ApiKey]:
        """The keys of a user, or of everybody, newest first."""
        return self._select(*([] if user_id is None else [_key.user_id == user_id]))

    def revoke(self, key_id: UUID, audit: AuditEntry) -> ApiKey | None:
        """End a key; None if it had been revoked already."""
        ended = update(api_keys).where(_key.id == key_id, _key.revoked_at.is_(None)).values(revoked_at=audit.at)
        with transaction(self._engine) as connection:
            found = connection.execute(ended.returning(*_COLUMNS)).mappings().one_or_none()
            if found is not None:
                write_entry(connection, audit)
        return _api_key(found) if found else None

    def used(self, uses: Mapping[UUID, datetime]) -> None:
        """Note when keys were last used; another process may have noted it within the minute."""
        with transaction(self._engine) as connection:
            for key_id, at in sorted(uses.items()):  # in one order, so that two processes never wait for each other
                is_due = or_(_key.last_used_at.is_(None), _key.last_used_at <= at - NOTED_EVERY)
                connection.execute(update(api_keys).where(_key.id == key_id, is_due).values(last_used_at=at))

    def _select(self, *conditions: Any) -> list[ApiKey]:
        query = select(*_COLUMNS).where(*conditions).order_by(_key.created_at.desc(), _key.id)
        with reading(self._engine) as connection:
            return [_api_key(each) for each in connection.execute(query).mappings()]


def _api_key(row: RowMapping) -> ApiKey:
    fields: dict[str, Any] = {each.name: row[each.name] for each in _COLUMNS}
    fields["scopes"] = frozenset(each for each in Permission if each.value in row["scopes"])
    return ApiKey(**{**fields, "act_for": tuple(row["act_for"])})
