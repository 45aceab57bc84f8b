"""An audit log with a chain in a real Postgres, and an attacker who owns it."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid5

from sqlalchemy import text

from exports_pipeline.adapters.audit_chain import PostgresAuditChain
from exports_pipeline.adapters.audit_chain_reader import PostgresChainReader
from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.adapters.signing import Ed25519Signer, is_signed
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.origin import Origin, coming_from
from exports_pipeline.usecases.sign_audit_head import sign_audit_head
from exports_pipeline.usecases.verify_audit import verify_audit
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.audit import InMemoryHeads
from exports_pipeline_tests.fakes.clock import FakeClock

PERSON = Origin(request_id="r-1", address="203.0.113.7", agent="curl/8")


class Trail:
    """The log, its chain, its heads, and the hand of an attacker."""

    def __init__(self, engine, patient) -> None:
        self.engine, self.heads, self.clock = engine, InMemoryHeads(), FakeClock()
        self.log, self.chain = PostgresAuditLog(engine), PostgresAuditChain(engine, patient=patient)
        self.signer = Ed25519Signer("a secret of tests")
        self.ports = SimpleNamespace(
            chain=self.chain, heads=self.heads, signer=self.signer, clock=self.clock, limits=SimpleNamespace()
        )

    def write(self, count, *, actor="ann", at=None, **about):
        """Append so many entries, a second apart, each in a transaction of its own."""
        begin = at or datetime(2026, 3, 1, 12, tzinfo=UTC)
        for place in range(count):
            entry = AuditEntry(
                at=begin + timedelta(seconds=place),
                actor=requester(actor).user_id,
                action="schedule.changed",
                entity_type="schedule",
                entity_id=str(uuid5(requester(actor).user_id, str(place))),
                before={"cron": "0 7 * * *"},
                after={"cron": f"{place} 7 * * *"},
                details={"address": "ann@example.com", "fields": ["cron"]} | about,
            )
            with coming_from(PERSON):
                self.log.record(entry)

    def sign(self):
        return sign_audit_head(self.ports)

    def verify(self, chain=None, **words):
        key = self.signer.public_keys[0]
        return verify_audit(chain or self.chain, self.heads, is_signed=lambda head: is_signed(head, key), **words)

    def flaws(self, **words):
        """What a verification finds, by flaw, place and entry."""
        return {(str(each.flaw), each.sequence, each.entry_id) for each in self.verify(**words).findings}

    def flaws_after(self, *statements, **values):
        """What a verification would find after an attack, which is taken back."""
        with self.engine.connect() as connection:
            self._attack(connection, statements, values)
            found = self.flaws(chain=SimpleNamespace(reading=lambda: nullcontext(PostgresChainReader(connection))))
            connection.rollback()
        return found

    def attack(self, *statements, **values):
        """Run statements as a superuser who has all triggers off."""
        with self.engine.begin() as connection:
            self._attack(connection, statements, values)

    def _attack(self, connection, statements, values):
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            connection.execute(text(statement), values)

    def ask(self, statement, **values):
        with self.engine.connect() as connection:
            return connection.execute(text(statement), values).all()
