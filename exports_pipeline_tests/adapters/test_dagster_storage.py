import multiprocessing
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest
from dagster import DagsterInstance, DagsterRunStatus
from dagster._core.test_utils import create_run_for_test
from sqlalchemy import make_url, text

from exports_pipeline.adapters.dagster_storage import PooledPostgresStorage, dagster_postgres_url, pooled_engine

REPOSITORY = Path(__file__).parents[2]
START = "import sys; from exports_pipeline.adapters.dagster_storage import PooledPostgresStorage as S; S(sys.argv[1])"


@pytest.fixture
def database(postgres):
    """URL of a database nobody has used."""
    name = f"dagster_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres.rpartition('/')[0]}/{name}"


@pytest.fixture
def instance(database, tmp_path, monkeypatch):
    """Dagster as dagster.yaml configures it; its broker is never asked."""
    shutil.copy(REPOSITORY / "dagster.yaml", tmp_path)
    monkeypatch.setenv("EXPORTS_DATABASE_URL", database)
    monkeypatch.setenv("EXPORTS_BROKER_URL", "redis://:unused@127.0.0.1:1/0")
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def backend_pid(url: str) -> int:
    with pooled_engine(url).connect() as connection:
        return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def send_backend_pid(url, pipe):
    pipe.send(backend_pid(url))


def test_the_url_of_the_service_becomes_one_that_dagster_postgres_can_use():
    url = make_url(dagster_postgres_url("postgresql://me:p%40ss%2Fword@db:5433/exports?sslmode=require"))
    assert url.drivername == "postgresql+psycopg2"
    assert (url.username, url.password, url.host, url.port, url.database) == ("me", "p@ss/word", "db", 5433, "exports")
    assert url.query["sslmode"] == "require"
    assert "-csearch_path=dagster" in url.query["options"]


def test_options_of_the_service_s_url_are_kept():
    url = make_url(dagster_postgres_url("postgresql+psycopg://me@db/exports?options=-cwork_mem%3D8MB"))
    assert str(url.query["options"]).startswith("-cwork_mem=8MB -csearch_path=dagster")


@pytest.mark.slow
def test_dagster_s_tables_lie_in_their_own_schema(database):
    PooledPostgresStorage(database)
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT schemaname, tablename FROM pg_tables").fetchall()
    assert {"runs", "event_logs", "jobs", "alembic_version"} <= {table for schema, table in rows if schema == "dagster"}
    assert not [table for schema, table in rows if schema == "public"]


@pytest.mark.slow
def test_processes_that_start_together_on_an_empty_database_do_not_race(database):
    processes = [subprocess.Popen([sys.executable, "-c", START, database]) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]


@pytest.mark.slow
def test_the_three_storages_and_every_instance_of_a_process_share_one_pool(database):
    first, second = PooledPostgresStorage(database), PooledPostgresStorage(database)
    engines = {
        storage._engine
        for whole in (first, second)
        for storage in (whole.run_storage, whole.event_log_storage, whole.schedule_storage)
    }
    assert engines == {pooled_engine(dagster_postgres_url(database))}


@pytest.mark.slow
def test_the_webserver_s_statements_are_bounded_in_one_pool(database):
    storage = PooledPostgresStorage(database)
    for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
        part.optimize_for_webserver(statement_timeout=15_000, pool_recycle=10, max_overflow=20)
    with storage.run_storage.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "15s"
        assert connection.execute(text("SHOW search_path")).scalar_one() == "dagster"
    assert storage.run_storage._engine is storage.schedule_storage._engine


@pytest.mark.slow
def test_a_forked_child_leaves_the_connections_of_its_parent_alone(database):
    url = dagster_postgres_url(database)
    before = backend_pid(url)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=send_backend_pid, args=(url, sender))
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert receiver.recv() != before
    assert backend_pid(url) == before


@pytest.mark.slow
def test_a_restart_of_postgres_is_not_noticed(database, instance):
    run = create_run_for_test(instance)
    with psycopg.connect(database, autocommit=True) as connection:
        closed = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert closed
    assert closed[0] > 0
    assert instance.get_run_by_id(run.run_id) is not None


@pytest.mark.slow
def test_runs_events_and_ticks_are_written_over_connections_already_open(database, instance):
    def sessions():
        with psycopg.connect(database) as connection:
            row = connection.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
            return row.fetchone()[0]

    run = create_run_for_test(instance)
    before = sessions()
    instance.report_engine_event("one", run)
    instance.report_run_canceling(run)
    instance.report_run_canceled(run)
    assert instance.get_run_by_id(run.run_id).status is DagsterRunStatus.CANCELED
    assert sessions() - before <= 1  # the one that asks


@pytest.mark.slow
def test_the_instance_names_no_secret(instance, database):
    password = make_url(database).password
    assert password
    assert password not in str(instance.get_ref())
    assert password not in instance.info_str()
