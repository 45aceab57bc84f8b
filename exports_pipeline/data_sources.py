"""Wires the sources of datasets: the warehouse, and the service's own Postgres."""

from datetime import timedelta

from exports_pipeline.adapters.all_sources import AllSources
from exports_pipeline.adapters.postgres_warehouse import PostgresWarehouse
from exports_pipeline.adapters.warehouse import duckdb_limits, make_warehouse
from exports_pipeline.core.catalog import DataSource
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.settings import Settings


def pipeline_url(settings: Settings) -> str:
    """Where Postgres is for what works for everybody.

    Raises:
        NotConfigured: Postgres is not named.
    """
    url = settings.pipeline_database_url or settings.database_url
    if url is None:
        raise NotConfigured("EXPORTS_DATABASE_URL is not set; set it, or start everything with `exports up`.")
    return url.get_secret_value()


def make_all_sources(settings: Settings, postgres_url: str) -> AllSources:
    """All sources of the settings, with Postgres as the role of a URL; nothing is opened before it is used.

    Raises:
        NotConfigured: the warehouse is not named.
    """
    postgres = make_postgres_warehouse(settings, postgres_url)
    return AllSources({DataSource.WAREHOUSE: make_warehouse(settings), DataSource.POSTGRES: postgres})


def make_postgres_warehouse(settings: Settings, url: str) -> PostgresWarehouse:
    """Datasets of Postgres by the settings, read as the role of a URL."""
    secret = settings.mask_secret
    return PostgresWarehouse(
        url,
        mask_key=secret.get_secret_value().encode() if secret else None,
        limits=duckdb_limits(settings),
        time_limit=timedelta(minutes=settings.time_limit_minutes),
    )
