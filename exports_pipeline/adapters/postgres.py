"""The connection to Postgres, and its errors wrapped once."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import register_at_fork

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exports_pipeline.core.errors import LedgerUnavailable

_POOL_WAIT_S = 5


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for the ledger; it connects on first use, and forgets inherited connections after a fork."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_timeout=_POOL_WAIT_S,
        connect_args={"connect_timeout": 3, "application_name": "exports", "options": "-c timezone=UTC"},
    )
    register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


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
