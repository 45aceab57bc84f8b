"""The audit log in Postgres."""

from sqlalchemy import Connection, Engine, insert

from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.adapters.tables import audit_log
from exports_pipeline.core.ledger import AuditEntry


class PostgresAuditLog:
    """`AuditLog` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, entry: AuditEntry) -> None:
        """Append an entry in a transaction of its own."""
        with transaction(self._engine) as connection:
            write_entry(connection, entry)


def write_entry(connection: Connection, entry: AuditEntry) -> None:
    """Append an entry within a transaction."""
    connection.execute(
        insert(audit_log).values(
            at=entry.at, actor=entry.actor, action=entry.action, job_id=entry.job_id, details=dict(entry.details or {})
        )
    )
