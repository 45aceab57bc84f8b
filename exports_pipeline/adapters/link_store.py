"""The links of messages in Postgres."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Engine, case, select, update
from sqlalchemy.dialects.postgresql import insert

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.tables import links
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.link import Link

_row = links.c
_COLUMNS = (_row.id, _row.delivery_id, _row.job_id, _row.expires_at, _row.revoked_at, _row.opened, _row.last_opened_at)


class PostgresLinkStore:
    """`LinkStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make(self, delivery_id: UUID, job_id: UUID, *, now: datetime, expires_at: datetime) -> Link:
        """The link of a delivery; of two callers at the same time both get the same one."""
        new = insert(links).values(
            id=uuid4(), delivery_id=delivery_id, job_id=job_id, created_at=now, expires_at=expires_at
        )
        later = case((_row.revoked_at.is_(None), new.excluded.expires_at), else_=_row.expires_at)
        made = new.on_conflict_do_update(index_elements=[_row.delivery_id], set_={"expires_at": later})
        with transaction(self._engine) as connection:
            return Link(**connection.execute(made.returning(*_COLUMNS)).mappings().one())

    def find(self, link_id: UUID) -> Link | None:
        """The link of that id."""
        with reading(self._engine) as connection:
            row = connection.execute(select(*_COLUMNS).where(_row.id == link_id)).mappings().one_or_none()
        return Link(**row) if row else None

    def of_job(self, job_id: UUID) -> list[Link]:
        """The links of a job's deliveries."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_COLUMNS).where(_row.job_id == job_id)).mappings()
            return [Link(**row) for row in rows]

    def opened(self, link_id: UUID, audit: AuditEntry) -> None:
        """Count an opening and note it in the audit log."""
        counted = update(links).where(_row.id == link_id).values(opened=_row.opened + 1, last_opened_at=audit.at)
        with transaction(self._engine) as connection:
            connection.execute(counted)
            write_entry(connection, audit)

    def revoke(self, delivery_id: UUID, audit: AuditEntry) -> bool:
        """Close the link of a delivery for good."""
        is_open = (_row.delivery_id == delivery_id, _row.revoked_at.is_(None))
        with transaction(self._engine) as connection:
            found = connection.execute(update(links).where(*is_open).values(revoked_at=audit.at)).rowcount > 0
            if found:
                write_entry(connection, audit)
        return found
