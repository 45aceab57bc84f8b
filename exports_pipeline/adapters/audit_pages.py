"""Pages of the audit log in Postgres, newest first."""

import re
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, text

from exports_pipeline.core.audit_page import AuditFilter, StoredEntry

_COLUMNS = (
    "id, at, actor, subject, service, key_id, action, entity_type, entity_id, job_id, before, after, details, outcome, "
    "request_id, address, agent, personal, salt IS NULL AS is_erased"
)
_SPECIAL = re.compile(r"([\\%_])")


def read_page(connection: Connection, wanted: AuditFilter) -> list[StoredEntry]:
    """The entries that are wanted, each with its seal if it has one."""
    values: dict[str, Any] = {"limit": wanted.limit}
    conditions = []
    for name, condition in (
        ("since", "at >= :since"),
        ("until", "at < :until"),
        ("entity_type", "entity_type = :entity_type"),
        ("actor", "actor = :actor"),
        ("outcome", "outcome = :outcome"),
    ):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(condition)
            values[name] = value
    if wanted.action is not None:
        is_prefix = wanted.action.endswith("*")
        conditions.append("action LIKE :action" if is_prefix else "action = :action")
        values["action"] = _SPECIAL.sub(r"\\\1", wanted.action[:-1]) + "%" if is_prefix else wanted.action
    if wanted.before is not None:
        conditions.append("(at, id) < (:before_at, :before_id)")
        values["before_at"], values["before_id"] = wanted.before
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = connection.execute(
        text(f"""
            SELECT entry.*, seal.sequence, seal.previous_hash, seal.hash
            FROM (SELECT {_COLUMNS} FROM audit_log {where} ORDER BY at DESC, id DESC LIMIT :limit) AS entry
            LEFT JOIN audit_seals AS seal ON seal.entry_id = entry.id
            ORDER BY entry.at DESC, entry.id DESC"""),  # noqa: S608 - words of ours; every value is bound
        values,
    )
    return [_entry(row) for row in rows.mappings()]


def _entry(row: Any) -> StoredEntry:
    hashes = {name: None if row[name] is None else bytes(row[name]) for name in ("previous_hash", "hash")}
    return StoredEntry(**{**row, **hashes, "at": row["at"].astimezone(UTC)})
