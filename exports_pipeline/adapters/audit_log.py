"""The audit log in Postgres: entries are appended with what is written for them, and chained once it is committed."""

from typing import Any

from sqlalchemy import Connection, Engine, insert

from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.adapters.tables import audit_log
from exports_pipeline.core.audit_parts import parts_of
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.origin import origin


class PostgresAuditLog:
    """`AuditLog` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, entry: AuditEntry) -> None:
        """Append an entry in a transaction of its own."""
        with transaction(self._engine) as connection:
            write_entry(connection, entry)


def write_entry(connection: Connection, entry: AuditEntry) -> None:
    """Append an entry within a transaction, with where the request comes from that it belongs to."""
    connection.execute(insert(audit_log).values(row_of_entry(entry)).inline())


def row_of_entry(entry: AuditEntry) -> dict[str, Any]:
    """The columns of an entry, its personal part apart; Postgres adds id, salt and digest."""
    plain, personal = parts_of(entry)
    place = origin()
    return {
        "at": entry.at,
        "actor": entry.actor,
        "subject": entry.subject,
        "service": place.service,
        "key_id": place.key_id,
        "action": entry.action,
        "entity_type": entry.entity_type or ("job" if entry.job_id else ""),
        "entity_id": entry.entity_id or (str(entry.job_id) if entry.job_id else ""),
        "job_id": entry.job_id,
        "before": plain["before"],
        "after": plain["after"],
        "details": plain["details"] or {},
        "outcome": entry.outcome,
        "request_id": place.request_id,
        "address": place.address,
        "agent": place.agent,
        "personal": personal,
    }
