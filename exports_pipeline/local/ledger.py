"""The step that brings the ledger up to date: `python -m exports_pipeline.local.ledger [logins]`."""

import sys

import psycopg
from psycopg import sql
from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.settings import Settings, load_settings


def bring_up_to_date(database_url: str) -> None:
    """Run the migrations that are missing.

    Raises:
        SystemExit: Postgres does not answer; the sentence says what it said.
    """
    try:
        migrate(database_url)
    except OperationalError as error:
        said = str(error.orig).strip().replace("\n", " ")
        message = f"Postgres at EXPORTS_DATABASE_URL does not answer: {said}"
        raise SystemExit(message) from None


def let_in(settings: Settings) -> None:
    """Let the roles of the API and of the pipeline log in with the passwords of their URLs."""
    roles = [
        make_url(url.get_secret_value()) for url in (settings.api_database_url, settings.pipeline_database_url) if url
    ]
    if settings.database_url is None or not roles:
        return
    owner = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql")
    with psycopg.connect(owner.render_as_string(hide_password=False), autocommit=True) as connection:
        for role in roles:
            _let_in(connection, role)


def _let_in(connection: psycopg.Connection, role: URL) -> None:
    name, password = role.username or "", str(role.password or "")
    # Postgres gets the hash alone, so that no log of statements has the password.
    sealed = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(sealed))
    connection.execute(statement)


if __name__ == "__main__":
    secret = load_settings().database_url
    bring_up_to_date("" if secret is None else secret.get_secret_value())
    if "logins" in sys.argv[1:]:
        let_in(load_settings())
