"""A connection to the service's own Postgres that reads, from one snapshot, what is exported of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, cast

import psycopg
from psycopg import Connection, errors
from sqlalchemy.engine import make_url

from exports_pipeline.adapters.watched_query import watch_answer
from exports_pipeline.core.errors import LedgerUnavailable, QueryFailed
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.manifest import Snapshot
from exports_pipeline.core.refusals import QueryTooLarge, TimeLimitExceeded
from exports_pipeline.core.requester import Permission

APPLICATION = "exports-data"
_CANCEL_S = 3.0
_ROLE_OPTIONS = 160_000
"""The version of Postgres that tells members who may take a role from those who may only give it to others."""
# Nobody's own rows, but those of an owner key; or everybody's, of which the dataset's SQL tells.
_SEE = """
    SELECT set_config('exports.users', '', true), set_config('exports.tenant', '', true),
           set_config('exports.owner', %(owner)s, true), set_config('exports.permissions', %(permissions)s, true),
           (SELECT set_config('role', rolname, true) FROM pg_roles
            WHERE rolname = 'exports_api' AND pg_has_role(session_user, oid, %(as)s))"""
_TOO_LARGE = (errors.DiskFull, errors.OutOfMemory, errors.ProgramLimitExceeded)


class PostgresSnapshot:
    """One read-only transaction; every statement in it sees the same rows."""

    def __init__(self, connection: Connection[tuple[Any, ...]], snapshot: Snapshot) -> None:
        self._connection = connection
        self.snapshot = snapshot
        """Its name tells which transactions it sees, as `pg_current_snapshot()` says: equal names, equal rows."""
        self._seen: Selection | None = None

    def interrupt(self) -> None:
        """Stop the statement that runs in another thread, in Postgres too."""
        with suppress(psycopg.Error):  # the one that runs will say itself that Postgres is away
            self._connection.cancel_safe(timeout=_CANCEL_S)

    def see(self, selection: Selection) -> None:
        """Put what follows behind the second wall, where the dataset comes with the service: rows of its owner alone.

        Tables of a deployment's own have their own rights; and a role that may not go there stays where it is.

        Raises:
            QueryFailed, LedgerUnavailable.
        """
        if selection == self._seen:
            return
        if not selection.dataset.is_packaged:
            self._see_as_before()
            return
        granted = {Permission.EXPORT_ALL, selection.dataset.permission} - {None}
        permissions = "{}" if selection.owner_key is not None else f"{{{','.join(sorted(filter(None, granted)))}}}"
        kind = "set" if self._connection.info.server_version >= _ROLE_OPTIONS else "member"
        with reading_postgres():
            whose = selection.owner_key or ""
            owner = "" if "\x00" in whose else whose  # no row's, then
            self._connection.execute(_SEE, {"owner": owner, "permissions": permissions, "as": kind})
        self._seen = selection

    def _see_as_before(self) -> None:
        if self._seen is not None:
            with reading_postgres():
                self._connection.execute("SELECT set_config('role', 'none', true)")
            self._seen = None

    def ask(
        self, statement: str, values: Mapping[str, Any], *, tick: Callable[[], None] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement; `tick` is called several times a second, and whatever it raises stops it.

        Raises:
            QueryFailed, QueryTooLarge, TimeLimitExceeded, LedgerUnavailable.
        """

        def work() -> list[tuple[Any, ...]]:
            with reading_postgres():
                return self._connection.execute(statement, values).fetchall()

        return work() if tick is None else watch_answer(work, self, tick=tick)

    def types(self, statement: str, values: Mapping[str, Any]) -> dict[str, str]:
        """The names of the types in `pg_type` of a statement's columns, by column; it reads no row.

        Raises:
            QueryFailed, LedgerUnavailable.
        """
        with reading_postgres(), self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            oids = {each.name: each.type_code for each in cursor.description or ()}
            found = cursor.execute("SELECT oid, typname FROM pg_type WHERE oid = ANY(%s)", [list(oids.values())])
            names = dict(found.fetchall())
        return {name: names[oid] for name, oid in oids.items()}

    @contextmanager
    def copying(self, statement: str, values: Mapping[str, Any]) -> Iterator[psycopg.Copy]:
        """The rows of a statement as CSV with a header, as Postgres sends them."""
        chosen = statement if values else statement.replace("%%", "%")  # psycopg leaves a COPY without values as it is
        copy = f"COPY ({chosen}) TO STDOUT (FORMAT csv, HEADER)"
        with self._connection.cursor() as cursor, cursor.copy(copy, values) as lines:
            yield lines


@contextmanager
def postgres_snapshot(url: str, *, time_limit: timedelta) -> Iterator[PostgresSnapshot]:
    """A snapshot of this moment on a connection of its own, which ends with it.

    Postgres itself ends a statement after the time limit, and one whose client has died within seconds.

    Raises:
        LedgerUnavailable: Postgres is away.
    """
    limit_ms = int(time_limit.total_seconds() * 1000)
    options = (
        "-c timezone=UTC -c datestyle=ISO -c default_transaction_read_only=on "
        f"-c statement_timeout={limit_ms} -c idle_in_transaction_session_timeout={limit_ms} "
        "-c client_connection_check_interval=5000"
    )
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with reading_postgres():
        connection = psycopg.connect(
            address, connect_timeout=3, application_name=APPLICATION, options=options, client_encoding="utf8"
        )
    try:
        with reading_postgres():
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            row = connection.execute(
                "SELECT current_database(), pg_current_snapshot()::text, statement_timestamp()"
            ).fetchone()
        database, seen, as_of = cast("tuple[str, str, datetime]", row)
        yield PostgresSnapshot(connection, Snapshot(name=f"postgres {database}@{seen}", as_of=as_of))
    finally:
        connection.close()


@contextmanager
def reading_postgres() -> Iterator[None]:
    """Translate what goes wrong while Postgres is read; its own words stay in `__cause__`, for operators."""
    try:
        yield
    except _TOO_LARGE as error:
        raise QueryTooLarge from error
    except errors.QueryCanceled as error:
        raise TimeLimitExceeded from error
    except psycopg.OperationalError as error:
        raise LedgerUnavailable from error
    except psycopg.Error as error:
        raise QueryFailed from error
