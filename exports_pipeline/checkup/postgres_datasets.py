"""Datasets whose rows are in Postgres: is what the catalogue declares of them what Postgres has?"""

from collections.abc import Iterator

from exports_pipeline.adapters.catalog import load_catalog
from exports_pipeline.adapters.postgres_fit import misfits
from exports_pipeline.checkup.finding import Finding, broken, fine, skipped
from exports_pipeline.core.catalog import Dataset, DataSource
from exports_pipeline.core.errors import ExportError, QueryFailed
from exports_pipeline.data_sources import make_postgres_warehouse, pipeline_url
from exports_pipeline.settings import Settings

_PART = "datasets of postgres"


def check_postgres_datasets(settings: Settings) -> Iterator[Finding]:
    """Hold every declared type against the column itself; no row is read."""
    if settings.database_url is None or settings.warehouse is None:
        yield skipped(_PART, "EXPORTS_DATABASE_URL or EXPORTS_WAREHOUSE is not set.")
        return
    try:
        datasets = [each for each in load_catalog(settings) if each.source is DataSource.POSTGRES]
        wrong = [sentence for each in datasets for sentence in _wrong_with(each, settings)]
    except ExportError as error:
        yield skipped(_PART, error.sentence)
        return
    for sentence in wrong:
        advice = "Correct the catalogue; of a packaged dataset, bring the tables up to date."
        yield broken(_PART, f"{sentence}.", advice)
    if not wrong:
        yield fine(_PART, f"{len(datasets)} have the types that they are declared with.")


def _wrong_with(dataset: Dataset, settings: Settings) -> list[str]:
    try:
        with make_postgres_warehouse(settings, pipeline_url(settings)).read() as snapshot:
            return list(misfits(dataset, snapshot))
    except QueryFailed as error:
        reason = str(error.__cause__ or error.sentence).partition("\n")[0]
        return [f"Postgres refuses the query of {dataset.name}: {reason}"]
