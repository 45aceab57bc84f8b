"""The connection to Postgres, and its errors wrapped once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from os import register_at_fork
from select import POLLIN, poll
from typing import Any

from psycopg import Connection as DriverConnection
from psycopg import Error as PsycopgError
from psycopg import OperationalError as PsycopgOperationalError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exports_pipeline.adapters.acting import who_acts
from exports_pipeline.adapters.postgres_connection import ImpatientConnection
from exports_pipeline.core.errors import LedgerUnavailable

_POOL_WAIT_S = 5
_TELL = """
    SELECT set_config('exports.users', %(users)s, false), set_config('exports.tenant', %(tenant)s, false),
           set_config('exports.permissions', %(permissions)s, false)"""
_TOLD = "exports_acting"
# Postgres compiles what it expects many rows of, which takes longer than our statements themselves.
_PLAIN = "-c timezone=UTC -c jit=off"
# The server, too, lets go: of a statement that nobody waits for any more, and of a client that stopped amid its work.
_SESSION = f"{_PLAIN} -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s"


def make_engine(url: str, *, pool_size: int = 5, is_patient: bool = False, is_walled: bool = False) -> Engine:
    """An engine for the ledger; it connects on first use, and forgets inherited connections after a fork.

    A patient one waits for an answer as long as it takes: migrations may need minutes. A walled one tells Postgres
    who acts, whenever that is somebody else than at the connection's last loan.
    """
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_POOL_WAIT_S,
        connect_args={
            "connect_timeout": 3,
            "application_name": "exports",
            "options": _PLAIN if is_patient else _SESSION,
        },
    )
    if not is_patient:
        event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkout", partial(_distrust, engine))
    if is_walled:
        event.listen(engine, "checkout", _tell_who_acts)
    register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def _connect(_dialect: object, _record: object, words: list[Any], options: dict[str, Any]) -> ImpatientConnection:
    return ImpatientConnection.connect(*words, **options)


def _distrust(engine: Engine, connection: Any, _record: object, _loan: object) -> None:
    """Ask an idle connection that has something to say: most often, that Postgres has closed it.

    SQLAlchemy's own ping asks every connection before every use, which takes as long as reading a job.

    Raises:
        InvalidatePoolError: it is closed, and so are those as old; the pool makes new ones.
    """
    heard = poll()
    heard.register(connection.fileno(), POLLIN)
    if heard.poll(0):
        try:
            engine.dialect.do_ping(connection)
        except PsycopgError as error:
            raise InvalidatePoolError from error


def _tell_who_acts(connection: Any, record: Any, _loan: object) -> None:
    """Set who acts for the loan that begins; one round trip, and none when they are those of the last loan."""
    acting = who_acts()
    if record.info.get(_TOLD) == acting:
        return
    record.info.pop(_TOLD, None)
    try:
        connection.autocommit = True  # a transaction that is rolled back would take it back
        connection.execute(_TELL, acting.settings)
        connection.autocommit = False
    except PsycopgError as error:
        record.invalidate(error)
        raise
    record.info[_TOLD] = acting


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for one statement that changes nothing, sent without a transaction around it.

    While it waits for an answer, other questions of `usecases.at_once` go on.

    Raises:
        LedgerUnavailable: as `transaction`.
    """
    with wrapped_errors(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver: Any = connection.connection.driver_connection
        driver.gives_way = True
        try:
            yield connection
        finally:
            driver.gives_way = False


def rows(engine: Engine, statement: str, asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What a statement of the driver's form finds, without SQLAlchemy, which takes longer than a quick one itself.

    In the binary form, in which bytes come many times faster.

    Raises:
        LedgerUnavailable: as `transaction`.
    """
    with reading(engine) as connection:
        driver: DriverConnection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is psycopg's
        with driver.cursor(binary=True) as cursor:
            return cursor.execute(statement, asked).fetchall()


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end.

    Raises:
        LedgerUnavailable: Postgres is away, starting, stopping, or has no connection left.
    """
    with wrapped_errors(), engine.begin() as connection:
        yield connection


@contextmanager
def wrapped_errors() -> Iterator[None]:
    """Errors of the driver as ours, for whoever holds a connection by other means than those above.

    Raises:
        LedgerUnavailable: as `transaction`.
    """
    try:
        yield
    except (OperationalError, PsycopgOperationalError, PoolTimeout) as error:
        raise LedgerUnavailable from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise LedgerUnavailable from error
        raise
