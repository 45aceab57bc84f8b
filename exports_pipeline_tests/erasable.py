"""A ledger and a store full of two people, of whom one is to be erased."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg

from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.adapters.destination_store import PostgresDestinationStore
from exports_pipeline.adapters.erasure_store import PostgresErasures
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.link_store import PostgresLinkStore
from exports_pipeline.adapters.outbox import PostgresOutbox
from exports_pipeline.adapters.person_archive import PostgresPersonArchive
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.adapters.signing import Ed25519Signer
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.delivery import Kind, Notice
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.kept_result import KeptResult
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.naming import object_key
from exports_pipeline.core.origin import Origin, coming_from
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline_tests.builders import a_schedule, entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports

SECRETS = ("Nejedlyova", "ann.home", "4711007", "Secret Street")
"""What only Ann is known by; each stands in several places."""
ANN = replace(requester("ann"), owner_key="Nejedlyova 4711007", email="ann.home@example.com")
BOB = replace(requester("bob"), email="bob@example.com")
TO_ANN = Recipient(channel=Channel.EMAIL, address="Ann.Home@example.com")
TO_BOB = Recipient(channel=Channel.EMAIL, address="bob@example.com")


def ports_over(engine, **changes):
    """Ports whose ledger is in Postgres, and whose objects are in memory."""
    return fake_ports(
        jobs=PostgresJobStore(engine),
        users=PostgresUserStore(engine),
        schedules=PostgresScheduleStore(engine),
        audit=PostgresAuditLog(engine),
        outbox=PostgresOutbox(engine),
        destinations=PostgresDestinationStore(engine),
        links=PostgresLinkStore(engine),
        erasures=PostgresErasures(engine),
        archive=PostgresPersonArchive(engine),
        signer=Ed25519Signer("a secret of the tests"),
        **changes,
    )


def fill(ports):
    """Everything that the service can hold about Ann, and things of Bob that name her."""
    ports.users.seen(ANN, at=NOON)
    ports.users.seen(BOB, at=NOON)
    ports.users.invite(ANN.user_id, "code", expires_at=NOON)
    with coming_from(Origin(request_id="r1", address="10.1.2.3", agent="Secret Street Browser")):
        for minutes in range(3):
            _completed(ports, ANN, (TO_BOB, TO_ANN), minutes=minutes)
    _completed(ports, BOB, (TO_ANN, TO_BOB))
    for who, status in ((ANN, "pending"), (BOB, "pending"), (ANN, "running")):
        waiting = new_job(requester=who, recipients=(TO_ANN,), filters=Filters(account_ids=("4711007",)))
        job = ports.jobs.add(waiting, entry(waiting))
        if status == "running":
            ports.jobs.claim(job.id, 1, run_id="run", now=NOON)
    place = Destination(
        id=uuid4(),
        user_id=ANN.user_id,
        name="Nejedlyova's bank",
        channel=Channel.SFTP,
        address="ann.home.example.com",
        secret_names=("password",),
        created_at=NOON,
        updated_at=NOON,
    )
    ports.destinations.add(place, b"sealed", AuditEntry(at=NOON, actor=ANN.user_id, action="destination.created"))
    for who in (ANN, BOB):
        plan = a_schedule(user_id=who.user_id, name="of Nejedlyova" if who is ANN else "of bob")
        plan = replace(plan, recipients=(TO_BOB, TO_ANN), next_due_at=NOON + timedelta(days=1))
        ports.schedules.add(plan, who, AuditEntry(at=NOON, actor=who.user_id, action="schedule.created"))
    notice = Notice(kind=Kind.JOB_FAILED, occasion="4711007", user_id=ANN.user_id, about={"name": "Nejedlyova"})
    ports.outbox.add(notice, TO_ANN, now=NOON)
    upload = ports.objects.upload("exports/other/file", content_type="", download_name="")
    upload.commit()


def link_chat(url):
    """Ann links her chat, as the bot would note it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE users SET telegram_chat_id = '4711007' WHERE id = %s", (ANN.user_id,))


def _completed(ports, who, recipients, *, minutes=0):
    new = new_job(requester=who, recipients=recipients, minutes=minutes, parameters={"who": "Nejedlyova"})
    new = replace(new, filters=Filters(account_ids=("4711007",)), idempotency_key=f"4711007-{minutes}")
    job = ports.jobs.add(new, entry(new))
    key = object_key(who.user_id, job.id, 1, "sales.csv")
    kept = KeptResult(object_key=f"{key}.kept.parquet", row_count=1, size_bytes=1, sha256="2" * 64)
    for each in (key, kept.object_key, f"{key}.manifest.json"):
        upload = ports.objects.upload(each, content_type="", download_name="")
        upload.write(b"Nejedlyova")
        upload.commit()
    ports.jobs.claim(job.id, 1, run_id="run", now=NOON)
    ports.jobs.complete(
        job.id,
        1,
        stored_file(object_key=key, kept=kept, sha256=f"{minutes}" * 64, difference={"rows": ["Nejedlyova"]}),
        now=NOON,
        expires_at=NOON + timedelta(days=1),
        recipients=recipients,
        manifest={"rows_of": who.owner_key},
    )
    for delivery in ports.outbox.of_job(job.id):
        ports.links.make(delivery.id, job.id, now=NOON, expires_at=NOON + timedelta(days=1))


def everything_in(url):
    """Every row of every table, as text."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        return {
            table: [row for (row,) in connection.execute(f"SELECT each::text FROM {table} AS each").fetchall()]
            for (table,) in tables
        }
