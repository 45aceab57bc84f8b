"""The report templates that a deployment adds."""

from collections.abc import Iterator

from exports_pipeline.checkup.finding import Finding, fine, warning
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.settings import Settings


def check_templates(settings: Settings) -> Iterator[Finding]:
    """Read every file of the folder of report templates; says nothing where there is no such folder."""
    if settings.reports is None:
        return
    templates = load_templates(settings.reports)
    for each in templates.broken:
        yield warning(
            "reports", f"{each.file}: {each.problem}", "docs/reports/your-own.md shows what such a file holds."
        )
    if not templates.broken:
        yield fine("reports", f"{len(list(templates))} report templates can be used.")
