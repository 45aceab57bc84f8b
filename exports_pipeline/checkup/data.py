"""The warehouse and the catalogue over it."""

from collections.abc import Iterator

from exports_pipeline.adapters.catalog import read_catalog
from exports_pipeline.adapters.redaction_yaml import policy_name, read_policy, with_policy
from exports_pipeline.adapters.warehouse import make_warehouse
from exports_pipeline.checkup.finding import Finding, broken, fine, skipped, warning
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.errors import ExportError, InvalidCatalog, InvalidRedaction
from exports_pipeline.settings import Settings


def check_data(settings: Settings) -> Iterator[Finding]:
    """Open the warehouse, and hold the catalogue against it."""
    if settings.warehouse is None:
        yield skipped("warehouse", "EXPORTS_WAREHOUSE is not set.")
        yield skipped("catalogue", "It is held against the warehouse.")
        return
    warehouse = make_warehouse(settings)
    try:
        warehouse.ping()
    except ExportError as error:
        advice = "Does the file exist, may we read it, does another process write it? Publish versions by a link."
        yield broken("warehouse", f"{settings.warehouse}: {error.sentence}", advice)
        yield skipped("catalogue", "It is held against the warehouse.")
        return
    yield fine("warehouse", f"{settings.warehouse} opens.")
    try:
        catalog = read_catalog(settings, warehouse)
    except InvalidCatalog as error:
        yield broken(
            "catalogue", error.sentence, "Mend each line in EXPORTS_CATALOG; docs/catalogue.md has the fields."
        )
        return
    datasets = list(catalog)
    if datasets:
        yield fine("catalogue", f"{len(datasets)} datasets fit the warehouse.")
    else:
        yield warning("catalogue", "It has no dataset.", "Name at least one; docs/catalogue.md has the fields.")
    yield from _check_redaction(catalog, settings)


def _check_redaction(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    try:
        policy = read_policy(settings.redaction)
        with_policy(catalog, policy, name=policy_name(settings.redaction))
    except InvalidRedaction as error:
        yield broken(
            "redaction", error.sentence, "Mend each line in EXPORTS_REDACTION; docs/redaction.md has the rules."
        )
        return
    guarded = sum(bool(column.data_class) for dataset in catalog for column in dataset.columns)
    if guarded or settings.redaction:
        yield fine("redaction", f"{len(policy.classes)} classes, {guarded} columns have one.")
