"""Postgres: does it answer, are its tables up to date, does its clock agree, is a long task under way?"""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from exports_pipeline.adapters.migrations import newest_revision
from exports_pipeline.checkup.clocks import check_clock
from exports_pipeline.checkup.finding import Finding, broken, fine, skipped, warning
from exports_pipeline.settings import Settings

_TIMEOUT_S = 3


def check_ledger(settings: Settings) -> Iterator[Finding]:
    """Connect once and ask for all of it."""
    if settings.database_url is None:
        yield skipped("postgres", "EXPORTS_DATABASE_URL is not set.")
        return
    try:
        url = make_url(settings.database_url.get_secret_value())
    except ArgumentError:
        advice = "Write it as postgresql://user:password@host:port/name."
        yield broken("postgres", "EXPORTS_DATABASE_URL is no URL.", advice)
        return
    where = f"{url.host}:{url.port or 5432}/{url.database}"
    try:
        with psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False), connect_timeout=_TIMEOUT_S
        ) as connection:
            yield from _look(connection, where)
    except psycopg.OperationalError as error:
        advice = "Is it running, does the name resolve, are user and password right? Check EXPORTS_DATABASE_URL."
        yield broken("postgres", f"Postgres at {where} does not let us in: {_short(error)}", advice)


def _look(connection: psycopg.Connection, where: str) -> Iterator[Finding]:
    asked_at = datetime.now(UTC)
    row = connection.execute(
        "SELECT current_setting('server_version'), clock_timestamp(), to_regclass('public.alembic_version') IS NOT NULL"
    ).fetchone()
    if row is None:
        return
    version, now, has_tables = row
    yield fine("postgres", f"Version {version} at {where} answers.")
    found = connection.execute("SELECT version_num FROM public.alembic_version").fetchone() if has_tables else None
    wanted = newest_revision()
    if found is not None and found[0] == wanted:
        yield fine("migrations", f"At the newest, {wanted}.")
        yield from _look_at_journeys(connection)
    else:
        says = f"The tables are at {found[0]}" if found else "The tables of the ledger are missing"
        advice = "Run `python -m exports_pipeline.local.ledger` with the variables of the service."
        yield broken("migrations", f"{says}; this version needs {wanted}.", advice)
    yield check_clock("Postgres", now, asked_at=asked_at, answered_at=datetime.now(UTC))


def _look_at_journeys(connection: psycopg.Connection) -> Iterator[Finding]:
    """After a change of the funnel, how many customers are still to come."""
    row = connection.execute("SELECT count(*) FROM customers_to_retell").fetchone()
    if row is not None and row[0]:
        says = f"The journeys of {row[0]:,} customers are still those of the former funnel."
        advice = "Figures are a mixture until metric_rollup has told them anew; see that it runs, every minute."
        yield warning("journeys", says, advice)


def _short(error: psycopg.Error) -> str:
    """The first line of what Postgres said, which names no password."""
    return (str(error).strip().splitlines() or ["no reason given"])[0].strip()
