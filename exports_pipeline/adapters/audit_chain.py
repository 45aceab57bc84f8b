"""The chain of the audit log in Postgres: sealed, kept and erased by functions of the schema, and by nothing else."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from exports_pipeline.adapters.audit_chain_reader import PostgresChainReader, read_anchor
from exports_pipeline.adapters.audit_pages import read_page
from exports_pipeline.adapters.postgres import reading, transaction, wrapped_errors
from exports_pipeline.core.audit_chain import ChainReader, ChainState
from exports_pipeline.core.audit_page import AuditFilter, StoredEntry

_SEALED_AT_ONCE = 5_000
_SEAL = text("SELECT seal_audit_log(:most)")
_LAST = text("SELECT sequence, hash, at FROM audit_seals ORDER BY sequence DESC LIMIT 1")
_PENDING = text("SELECT count(*), min(at) FROM audit_unsealed")
_LOCK_WAIT = timedelta(seconds=3)


class PostgresAuditChain:
    """`AuditChain` over Postgres; what takes long goes over a patient engine, and months over the owner's."""

    def __init__(self, engine: Engine, *, patient: Engine, owner: Engine | None = None) -> None:
        self._engine, self._patient, self._owner = engine, patient, owner or patient

    def seal(self) -> int:
        """Seal what is committed, some thousand entries a transaction; nothing where somebody else is at it."""
        sealed = 0
        while True:
            with transaction(self._engine) as connection:
                taken: int = connection.execute(_SEAL, {"most": _SEALED_AT_ONCE}).scalar_one()
            sealed += taken
            if taken < _SEALED_AT_ONCE:
                return sealed

    def state(self) -> ChainState:
        """How far the chain is."""
        with reading(self._engine) as connection:
            last = connection.execute(_LAST).one_or_none()
            pending, oldest = connection.execute(_PENDING).one()
            anchor = read_anchor(connection)
        if last is None or last.sequence < anchor.sequence:
            return ChainState(
                sequence=anchor.sequence,
                hash=anchor.hash,
                at=None,
                pending=pending,
                oldest_pending_at=oldest,
                anchor=anchor,
            )
        return ChainState(
            sequence=last.sequence,
            hash=bytes(last.hash),
            at=last.at,
            pending=pending,
            oldest_pending_at=oldest,
            anchor=anchor,
        )

    def hash_at(self, sequence: int) -> bytes | None:
        """The hash at a place."""
        with reading(self._engine) as connection:
            asked = text("SELECT hash FROM audit_seals WHERE sequence = :sequence")
            found = connection.execute(asked, {"sequence": sequence}).scalar_one_or_none()
        return None if found is None else bytes(found)

    @contextmanager
    def reading(self) -> Iterator[ChainReader]:
        """The log as it is now, for as long as it takes."""
        once = self._patient.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with wrapped_errors(), once.begin() as connection:
            yield PostgresChainReader(connection)

    def page(self, wanted: AuditFilter) -> list[StoredEntry]:
        """The entries that are wanted, newest first."""
        with reading(self._engine) as connection:
            return read_page(connection, wanted)

    def make_months(self, months: Iterable[date]) -> int:
        """Make the months that are missing."""
        made = 0
        for month in months:
            with self._altering() as connection:
                made += connection.execute(text("SELECT make_audit_month(:month)"), {"month": month}).scalar_one()
        return made

    def drop_month(self, month: date, *, now: datetime) -> int:
        """Drop all entries before the end of a month, when all of them are sealed."""
        self.seal()
        with self._altering() as connection:
            dropped = text("SELECT drop_audit_month(:month, :now)")
            entries: int = connection.execute(dropped, {"month": month, "now": now}).scalar_one()
        return entries

    def oldest(self) -> datetime | None:
        """When the oldest entry was written."""
        with reading(self._engine) as connection:
            found: datetime | None = connection.execute(
                text("SELECT at FROM audit_log ORDER BY at, id LIMIT 1")
            ).scalar_one_or_none()
        return found and found.astimezone(UTC)

    def erase_person(self, person: UUID, *, by: UUID, now: datetime) -> int:
        """Blank the personal part of all entries of a person, and note it."""
        with transaction(self._patient) as connection:
            erased = text("SELECT erase_audit_person(:person, :by, :now)")
            entries: int = connection.execute(erased, {"person": person, "by": by, "now": now}).scalar_one()
        return entries

    @contextmanager
    def _altering(self) -> Iterator[Connection]:
        """A transaction that gives up where it would have all others wait for it."""
        with transaction(self._owner) as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(_LOCK_WAIT.total_seconds() * 1000)}")
            yield connection
