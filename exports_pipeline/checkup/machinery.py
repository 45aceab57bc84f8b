"""What runs the exports: the broker, the workers behind it, and Dagster."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from exports_pipeline.checkup.finding import Check, Finding, findings_of
from exports_pipeline.checkup.orchestrator import check_dagster
from exports_pipeline.settings import Settings


def look_at_machinery(settings: Settings) -> list[Finding]:
    """Ask all of them at the same time; takes two seconds, as workers are waited for, and five where Dagster hangs."""
    checks: dict[str, Check] = {
        "workers": lambda: _check_workers(settings),
        "dagster": lambda: check_dagster(settings),
    }
    with ThreadPoolExecutor(len(checks)) as pool:
        found = pool.map(findings_of, checks.keys(), checks.values())
        return [each for findings in found for each in findings]


def _check_workers(settings: Settings) -> Iterator[Finding]:
    # Celery is imported by the first who asks: the API starts without it.
    found: Iterator[Finding] = import_module("exports_pipeline.checkup.workers").check_workers(settings)
    return found
