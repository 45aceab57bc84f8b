"""The connection to Postgres, and its errors wrapped once."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import register_at_fork
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exports_pipeline.adapters.postgres_connection import ImpatientConnection
from exports_pipeline.core.errors import LedgerUnavailable

_POOL_WAIT_S = 5
_ZONE = "-c timezone=UTC"
# The server, too, lets go: of a statement that nobody waits for any more, and of a client that stopped amid its work.
_SESSION = f"{_ZONE} -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s"


def make_engine(url: str, *, pool_size: int = 5, is_patient: bool = False) -> Engine:
    """An engine for the ledger; it connects on first use, and forgets inherited connections after a fork.

    A patient one waits for an answer as long as it takes: migrations may need minutes.
    """
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_timeout=_POOL_WAIT_S,
        connect_args={
            "connect_timeout": 3,
            "application_name": "exports",
            "options": _ZONE if is_patient else _SESSION,
        },
    )
    if not is_patient:
        event.listen(engine, "do_connect", _connect)
    register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def _connect(_dialect: object, _record: object, words: list[Any], options: dict[str, Any]) -> ImpatientConnection:
    return ImpatientConnection.connect(*words, **options)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end.

    Raises:
        LedgerUnavailable: Postgres is away, starting, stopping, or has no connection left.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except (OperationalError, PoolTimeout) as error:
        raise LedgerUnavailable from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise LedgerUnavailable from error
        raise
