"""Dagster's storage in Postgres over one connection pool per process, in a schema of its own.

The stock storage opens a connection for every statement, about 25 for a run; opening them took most of the run's time.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from dagster import Field, StringSource
from dagster._config import UserConfigSchema
from dagster._core.storage.base_storage import DagsterStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.run_storage import PostgresRunStorage
from dagster_postgres.schedule_storage import PostgresScheduleStorage
from sqlalchemy import URL, Engine, NullPool, create_engine, make_url, text

SCHEMA = "dagster"
"""Holds Dagster's tables, so that they and ours, and the two alembic_version tables, never meet."""

_PREPARE_LOCK = 4_719_551_203
"""Advisory lock of the process that creates the tables; the others wait and then find them."""

_engines: dict[tuple[str, int], Engine] = {}
_prepared: set[str] = set()


def dagster_postgres_url(url: str) -> str:
    """Turn the service's Postgres URL into Dagster's: driver psycopg2, tables in the schema `dagster`.

    dagster-postgres needs psycopg2, because NOTIFY takes no parameter bound by the server. A run commits some thirty
    times, and none waits for the disk: should Postgres crash, the last events of a run are lost, never a row of ours.
    """
    parsed = make_url(url)
    options = f"{parsed.query.get('options', '')} -csearch_path={SCHEMA} -csynchronous_commit=off".strip()
    return _render(parsed.set(drivername="postgresql+psycopg2").update_query_dict({"options": options}))


def pooled_engine(url: str, *, statement_timeout_ms: int = 0) -> Engine:
    """Return this process's engine for a URL of `dagster_postgres_url`; 0 means no statement timeout.

    The pool survives a restart of Postgres: a connection is tried before it is handed out.
    """
    key = (url, statement_timeout_ms)
    if key not in _engines:
        timed = make_url(url)
        if statement_timeout_ms:
            options = f"{timed.query['options']} -cstatement_timeout={statement_timeout_ms}"
            timed = timed.update_query_dict({"options": options})
        # Two threads may both come here; both then use the engine that was kept.
        _engines.setdefault(
            key,
            create_engine(
                timed,
                isolation_level="AUTOCOMMIT",
                pool_size=4,
                max_overflow=6,
                pool_timeout=10,
                pool_recycle=1800,
                pool_pre_ping=True,
                pool_use_lifo=True,
                connect_args={"connect_timeout": 5},
            ),
        )
    return _engines[key]


def _forget_inherited_sockets() -> None:
    """Leave the parent's connections to the parent: two processes on one socket garble each other."""
    for engine in _engines.values():
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_inherited_sockets)


class _Pooled:
    """Gives a storage of dagster-postgres the engine of the process instead of its own without a pool."""

    postgres_url: str
    _engine: Engine

    def __init__(self, postgres_url: str, should_autocreate_tables: bool) -> None:
        super().__init__(postgres_url, should_autocreate_tables)  # type: ignore[call-arg]  # Dagster's mixin
        self._engine = pooled_engine(postgres_url)

    def optimize_for_webserver(self, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:
        """Bound the statements of the webserver, in milliseconds; the pool is the process's all the same."""
        del pool_recycle, max_overflow
        self._engine = pooled_engine(self.postgres_url, statement_timeout_ms=statement_timeout)


class PooledRunStorage(_Pooled, PostgresRunStorage):
    """Runs, over the pool; a column once seen is not looked for again, six times a run."""

    _seen: frozenset[str] = frozenset()

    def has_run_stats_index_cols(self) -> bool:
        """Say whether the table has the times of a run."""
        return self._sees("start_time", super().has_run_stats_index_cols)

    def has_backfill_id_column(self) -> bool:
        """Say whether the table has the backfill of a run."""
        return self._sees("backfill_id", super().has_backfill_id_column)

    def _sees(self, column: str, look: Callable[[], bool]) -> bool:
        if column not in self._seen and look():
            self._seen |= {column}
        return column in self._seen


class PooledEventLogStorage(_Pooled, PostgresEventLogStorage):
    """Events of runs, over the pool."""


class PooledScheduleStorage(_Pooled, PostgresScheduleStorage):
    """Ticks of schedules and sensors, over the pool."""


class PooledPostgresStorage(DagsterStorage[Any], ConfigurableClass):
    """The three storages of Dagster in one database, named under `storage.custom` in dagster.yaml."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Dagster's
        self._inst_data = inst_data
        url = dagster_postgres_url(postgres_url)
        if url not in _prepared:
            _create_tables(url)
            _prepared.add(url)
        self._runs = PooledRunStorage(url, should_autocreate_tables=False)
        self._events = PooledEventLogStorage(url, should_autocreate_tables=False)
        self._schedules = PooledScheduleStorage(url, should_autocreate_tables=False)

    @property
    def run_storage(self) -> PostgresRunStorage:
        """Runs."""
        return self._runs

    @property
    def event_log_storage(self) -> PostgresEventLogStorage:
        """Events of runs."""
        return self._events

    @property
    def schedule_storage(self) -> PostgresScheduleStorage:
        """Ticks of schedules and sensors."""
        return self._schedules

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """What dagster.yaml said."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Describe `config` in dagster.yaml."""
        return {"postgres_url": Field(StringSource, description="Postgres, as postgresql://user:password@host/name")}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        """Build the storage from `config` in dagster.yaml."""
        return cls(postgres_url=config_value["postgres_url"], inst_data=inst_data)


def _create_tables(url: str) -> None:
    """Create the schema and Dagster's tables unless they are there, one process at a time."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as lock:
        lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _PREPARE_LOCK})
        lock.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        for storage in (PooledRunStorage, PooledEventLogStorage, PooledScheduleStorage):
            storage(url, should_autocreate_tables=True)


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)
