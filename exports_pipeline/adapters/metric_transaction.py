"""Transactions of roll-ups: alone, on one view of the database, and again where another transaction was in the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

Result = TypeVar("Result")
_LOCK = 0x726F6C6C
"""The advisory lock of whoever writes metrics."""
_TRIES = 5
_CONFLICTS = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: nothing was done, and doing it again may succeed."""
NO_LOCK = "55P03"


@contextmanager
def alone(engine: Engine, *, waits: bool) -> Iterator[Connection | None]:
    """A connection whose transactions are REPEATABLE READ, alone; None where another is and we do not wait.

    The lock is that of the session, and is held before a transaction takes its view: one that waited for the lock
    itself would see what was before. The connection is not given back to the pool, so the lock ends with it.
    """
    with engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        connection.detach()
        # Whatever a roll-up looks for it finds by a key, and however little the planner knows of tables that grow; and
        # what it groups it groups in memory.
        connection.exec_driver_sql("SET enable_seqscan = off; SET work_mem = '64MB'")
        lock = func.pg_advisory_lock if waits else func.pg_try_advisory_lock
        has_lock = connection.execute(select(lock(_LOCK))).scalar_one()
        connection.commit()
        yield None if has_lock is False else connection


def in_one(connection: Connection, work: Callable[[Connection], Result]) -> Result:
    """What some work gives that is done in one transaction, anew where it met a conflict.

    Raises:
        DBAPIError: it failed, or met a conflict time after time; nothing of it is left.
    """
    for left in reversed(range(_TRIES)):
        try:
            with connection.begin():
                return work(connection)
        except DBAPIError as error:
            if sqlstate(error) not in _CONFLICTS or not left:
                raise
    raise AssertionError  # the last try returns or raises


def sqlstate(error: DBAPIError) -> str | None:
    """The code Postgres gave an error."""
    return getattr(error.orig, "sqlstate", None)
