"""Wires the sources of datasets: the warehouse, and the service's own Postgres."""

from datetime import timedelta

from exports_pipeline.adapters.all_sources import AllSources
from exports_pipeline.adapters.postgres_warehouse import PostgresWarehouse
from exports_pipeline.adapters.warehouse import duckdb_limits, make_warehouse
from exports_pipeline.core.catalog import DataSource
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.settings import Settings


def make_all_sources(settings: Settings) -> AllSources:
    """All sources of the settings; nothing is opened before it is used.

    Raises:
        NotConfigured: the warehouse or Postgres is not named.
    """
    return AllSources(
        {DataSource.WAREHOUSE: make_warehouse(settings), DataSource.POSTGRES: make_postgres_warehouse(settings)}
    )


def make_postgres_warehouse(settings: Settings) -> PostgresWarehouse:
    """Datasets of Postgres by the settings.

    Raises:
        NotConfigured: Postgres is not named.
    """
    if settings.database_url is None:
        raise NotConfigured("EXPORTS_DATABASE_URL is not set; set it, or start everything with `exports up`.")
    secret = settings.mask_secret
    return PostgresWarehouse(
        settings.database_url.get_secret_value(),
        mask_key=secret.get_secret_value().encode() if secret else None,
        limits=duckdb_limits(settings),
        time_limit=timedelta(minutes=settings.time_limit_minutes),
    )
