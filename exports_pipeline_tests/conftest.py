"""What all tests share: a real Postgres, started once, a bucket behind a gate, and a small warehouse."""

import os
import signal
import subprocess
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url
from xdist.scheduler import LoadScopeScheduling

from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.s3_bucket import setup_bucket
from exports_pipeline.local.ports import free_ports
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline_tests.events import empty_tables
from exports_pipeline_tests.postgres_tables import PostgresTables
from exports_pipeline_tests.s3_gate import S3Gate
from exports_pipeline_tests.tables import Tables

pytest_plugins = ("exports_pipeline_tests.people",)
pytest.register_assert_rewrite("exports_pipeline_tests.contracts.sender_contract")

SHARED_DATA = Path(__file__).parents[2] / "shared/data"


def pytest_collection_modifyitems(items):
    """Refuse tests that share an id: of these xdist runs one, and says nothing of the others."""
    shared = sorted(name for name, times in Counter(item.nodeid for item in items).items() if times > 1)
    if shared:
        raise pytest.UsageError(f"Several tests have the id {', '.join(shared)}; give their parameters ids.")


class ByFolder(LoadScopeScheduling):
    """Has the tests of a folder run one after the other, on the stack that they share."""

    def _split_scope(self, nodeid):
        return nodeid.partition("::")[0].rpartition("/")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """By folder for `--dist loadscope`; groups, which would do, are lost between this pytest and this xdist."""
    return ByFolder(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.fixture(scope="session")
def shared_data():
    """Real data beside the checkout; not part of it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder shared/data is not beside the checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """URL of an empty database of a Postgres of our own."""
    home = tmp_path_factory.mktemp("postgres")
    [port] = free_ports(1)
    part = postgres_part(home, port)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(part.command, env={**os.environ, **part.env}, stderr=log, stdout=log)
    url = database_url(home, port)
    _wait_for(url, process, home / "log")
    with psycopg.connect(url, autocommit=True) as connection:  # no test cuts the power, so that none waits for a disk
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    process.send_signal(signal.SIGINT)
    process.wait(60)  # it writes down what it has, on a machine that others use as well


@pytest.fixture(scope="session")
def migrated(postgres):
    """URL of a database with the tables of the ledger."""
    return _migrated(postgres, "ledger")


@pytest.fixture
def engine(migrated):
    """An engine on the ledger's tables, empty."""
    engine = make_engine(migrated)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # the audit log refuses all others
        connection.exec_driver_sql(
            "TRUNCATE users, teams, export_jobs, deliveries, audit_log, audit_unsealed, audit_seals, audit_anchors, "
            "job_kinds, job_rollups, opening_rollups, erasures "
            "RESTART IDENTITY CASCADE"
        )
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def logins(postgres, migrated):
    """Lets the roles of the API and of the pipeline log in; turns the URL of a database into theirs."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        for role in ("exports_api", "exports_pipeline"):
            connection.execute(f"ALTER ROLE {role} LOGIN PASSWORD 'of-the-tests'")

    def url_as(role, database=migrated):
        url = make_url(database).set(username=role, password="of-the-tests")
        return url.render_as_string(hide_password=False)

    return url_as


@pytest.fixture
def walled(engine, logins):
    """An engine of the API behind the second wall, on the ledger's tables, empty."""
    walled = make_engine(logins("exports_api"), is_walled=True)
    yield walled
    walled.dispose()


@pytest.fixture
def working(engine, logins):
    """An engine of the pipeline, on the ledger's tables, empty."""
    working = make_engine(logins("exports_pipeline"))
    yield working
    working.dispose()


@pytest.fixture(scope="session")
def events_migrated(postgres):
    """URL of a database of its own with the tables of events: their partitions would be in the way of others."""
    return _migrated(postgres, "events")


@pytest.fixture
def events_engine(events_migrated):
    """An engine on the tables of events, empty."""
    engine = make_engine(events_migrated)
    with engine.begin() as connection:
        empty_tables(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def gate():
    """An object store that checks signatures, with a bucket whose files expire after a day."""
    gate = S3Gate()
    gate.start()
    setup_bucket(gate.client(), "exports", expiry=timedelta(hours=24))
    yield gate
    gate.stop()


@pytest.fixture
def tables(tmp_path):
    """A small warehouse to be filled."""
    return Tables(tmp_path)


@pytest.fixture
def postgres_tables(postgres):
    """A small database to be filled."""
    tables = PostgresTables(postgres)
    yield tables
    tables.drop()


def _migrated(server, name):
    """The URL of a new database with all tables."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = f"{server.rpartition('/')[0]}/{name}"
    migrate(url)
    return url


def _wait_for(url, process, log):
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=1).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"Postgres did not start: {log.read_text()}")
            time.sleep(0.05)
        else:
            return
