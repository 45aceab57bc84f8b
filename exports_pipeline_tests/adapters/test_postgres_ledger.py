"""What only the real ledger can show: locks, races, lost connections and the shape of its tables."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from exports_pipeline.adapters import (
    audit_tables,
    campaign_tables,
    erasure_tables,
    event_tables,
    insight_tables,
    tables,
)
from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.migrations import downgrade, migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.tables import audit_log, export_jobs, users
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.ledger import Page, QueueLimits
from exports_pipeline.core.quota import Quota, QuotaExceeded
from exports_pipeline.core.refusals import IdempotencyKeyInFlight
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON


@pytest.fixture
def store(engine):
    return PostgresJobStore(engine)


def add(store, *args, **changes):
    new = new_job(*args, **changes)
    return store.add(new, entry(new))


def test_a_second_request_with_a_key_that_is_being_written_is_told_to_wait(store, engine):
    new = new_job(idempotency_key="k", request_digest="d")
    key = f"{new.requester.user_id}:k"
    with engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
        with pytest.raises(IdempotencyKeyInFlight):
            store.add(new, entry(new))
    assert store.add(new, entry(new)).id == new.id


def test_many_requests_with_one_key_at_once_make_one_job(store):
    def request(_):
        try:
            return add(store, idempotency_key="k", request_digest="d").id
        except IdempotencyKeyInFlight:
            return None

    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(request, range(32))) - {None}
    assert len(ids) == 1
    assert len(store.page(None, Page())) == 1


def test_dispatchers_that_race_never_take_a_job_twice_nor_too_many(store):
    for minutes in range(20):
        add(store, f"user-{minutes % 3}", minutes=minutes)
    later = NOON + timedelta(hours=1)
    with ThreadPoolExecutor(8) as threads:
        taken = [job.id for jobs in threads.map(lambda _: store.reserve(slots=5, now=later), range(8)) for job in jobs]
    assert len(taken) == len(set(taken)) == 5


def test_workers_that_race_for_an_attempt_have_one_winner(store):
    job = add(store)
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda n: store.claim(job.id, 1, run_id=str(n), now=NOON), range(8)))
    assert len([claim for claim in claims if claim]) == 1


def test_a_database_that_is_away_is_one_clear_error():
    engine = make_engine("postgresql://nobody:x@127.0.0.1:1/none")
    with pytest.raises(LedgerUnavailable):
        PostgresJobStore(engine).page(None, Page())
    engine.dispose()


def test_connections_that_the_server_closed_are_replaced(store, engine, migrated):
    add(store)
    with psycopg.connect(migrated, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'exports'")
    assert len(store.page(None, Page())) == 1


def test_a_user_is_written_on_first_use_and_kept_up_to_date(store, engine):
    add(store, requester=replace(requester("ann"), email="ann@example.com"))
    add(store, requester=replace(requester("ann"), owner_key="new"))
    with engine.begin() as connection:
        (user,) = connection.execute(select(users)).all()
    assert (user.owner_key, user.email) == ("new", "ann@example.com")
    assert PostgresUserStore(engine).telegram_chat(user.id) is None


def test_every_request_stands_in_the_audit_log(store, engine):
    job = add(store)
    PostgresAuditLog(engine).record(replace(entry(job, "export.download_link"), details=None))
    with engine.begin() as connection:
        rows = connection.execute(select(audit_log).order_by(audit_log.c.id)).all()
    assert [(row.action, row.job_id, row.details) for row in rows] == [
        ("export.requested", job.id, {"dataset": "sales"}),
        ("export.download_link", job.id, {}),
    ]


def test_the_metadata_of_a_completed_job_tell_what_the_api_shows(store, engine):
    job = add(store)
    store.claim(job.id, 1, run_id="r", now=NOON)
    store.complete(job.id, 1, stored_file(), now=NOON, expires_at=NOON, recipients=[])
    with engine.begin() as connection:
        row = connection.execute(select(export_jobs.c.metadata, export_jobs.c.volume)).one()
    assert row.volume == 3
    assert row.metadata["dataset"]["name"] == "sales"
    assert row.metadata["columns"] == [{"name": "day", "type": "DATE"}, {"name": "amount", "type": "DECIMAL(18,2)"}]
    assert {"filters", "object_key", "row_count", "file_size_bytes", "sha256"} <= set(row.metadata)


def is_no_part(name, kind, _parents):
    """Whether a table is none of those that hold a part of another's rows: no migration makes the months of events."""
    return kind != "table" or not name.startswith(("analytics_events_", "job_rollups_", "audit_log_"))


def test_migrations_make_the_tables_that_the_code_knows(migrated):
    engine = make_engine(migrated)
    known = [
        each.metadata for each in (tables, audit_tables, erasure_tables, event_tables, campaign_tables, insight_tables)
    ]
    with engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": is_no_part}
        differences = compare_metadata(MigrationContext.configure(connection, opts=opts), known)
    engine.dispose()
    assert [difference for difference in differences if difference[0] != "remove_index"] == []


def test_migrations_go_down_and_up_again(postgres):
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE there_and_back")
    url = postgres.rpartition("/")[0] + "/there_and_back"
    migrate(url)
    migrate(url)
    downgrade(url, revision="base")
    engine = make_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT to_regclass('export_jobs')")).scalar_one() is None
    engine.dispose()
    migrate(url)


def test_many_identical_requests_at_once_share_one_job(store):
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: add(store, request_digest="d", is_shared=True).id, range(16)))
    assert len(found) == 1
    assert len(store.page(None, Page())) == 1


def test_requests_at_the_same_instant_do_not_pass_a_quota_together(engine):
    store, quota = PostgresJobStore(engine), Quota(jobs=3)

    def requested(place):
        new = new_job(minutes=place / 100)
        try:
            return store.add(new, entry(new), limits=QueueLimits(per_user=100, total=100), quota=quota)
        except QuotaExceeded:
            return None

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(requested, range(8)))
    assert sum(job is not None for job in made) == 3
