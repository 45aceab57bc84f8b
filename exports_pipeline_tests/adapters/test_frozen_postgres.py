"""A Postgres that keeps its sockets open and answers nothing."""

import os
import signal
import time
from contextlib import contextmanager

import psycopg
import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.ledger import Page

pytestmark = pytest.mark.slow

WITHIN_S = 10


@pytest.fixture
def store(engine):
    store = PostgresJobStore(engine)
    store.page(None, Page())
    return store


@contextmanager
def frozen(url):
    """Stop the backends, the postmaster too if it is to take no new connections."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'exports'").fetchall()
        (parent,) = connection.execute("SELECT pg_read_file('postmaster.pid', 0, 12)").fetchone()
    pids = [int(parent.splitlines()[0]), *(pid for (pid,) in rows)]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_frozen_database_is_one_clear_error_within_seconds(store, migrated):
    with frozen(migrated):
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(LedgerUnavailable):
                store.page(None, Page())
            assert time.monotonic() - began < WITHIN_S
    assert store.page(None, Page()) == []


def test_a_statement_that_waits_for_a_lock_is_given_up(store, migrated):
    with psycopg.connect(migrated) as other:
        other.execute("LOCK TABLE export_jobs")
        began = time.monotonic()
        with pytest.raises(LedgerUnavailable):
            store.page(None, Page())
        assert time.monotonic() - began < WITHIN_S
    assert store.page(None, Page()) == []
