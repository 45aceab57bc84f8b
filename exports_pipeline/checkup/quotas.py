"""The quotas that a deployment sets."""

from collections.abc import Iterator

from exports_pipeline.adapters.quotas_yaml import read_quotas
from exports_pipeline.checkup.finding import Finding, broken, fine
from exports_pipeline.core.errors import InvalidQuotas
from exports_pipeline.settings import Settings


def check_quotas(settings: Settings) -> Iterator[Finding]:
    """Read the file of quotas; says nothing where there is none."""
    if settings.quotas is None:
        return
    try:
        quotas = read_quotas(settings.quotas)
    except InvalidQuotas as error:
        yield broken("quotas", error.sentence, "Mend each line in EXPORTS_QUOTAS; docs/api_keys.md has the fields.")
        return
    yield fine("quotas", f"Quotas of {len(quotas.roles)} roles and {len(quotas.users)} users can be used.")
