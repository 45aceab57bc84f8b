"""Runs the migrations of the ledger against EXPORTS_DATABASE_URL, or the URL that the caller sets."""

from alembic import context
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.tables import metadata
from exports_pipeline.settings import load_settings

_LOCK = 0x6D696772


def _url() -> str:
    given = context.config.attributes.get("database_url")
    if given:
        return str(given)
    secret = load_settings().database_url
    if secret is None:
        message = "Set EXPORTS_DATABASE_URL, or let `exports up` migrate its own Postgres."
        raise SystemExit(message)
    return secret.get_secret_value()


def _migrate() -> None:
    with make_engine(_url(), is_patient=True).connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, include_schemas=False)
        with context.begin_transaction():
            # two processes that start at once migrate one after the other
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            context.run_migrations()


_migrate()
