"""All checks at the same time, in the order in which one mends things."""

from concurrent.futures import ThreadPoolExecutor

from exports_pipeline.checkup.bucket import check_bucket
from exports_pipeline.checkup.channels import check_channels
from exports_pipeline.checkup.data import check_data
from exports_pipeline.checkup.disk import check_disk
from exports_pipeline.checkup.finding import Check, Finding, findings_of, skipped
from exports_pipeline.checkup.ledger import check_ledger
from exports_pipeline.checkup.messages import check_messages
from exports_pipeline.checkup.orchestrator import check_dagster
from exports_pipeline.checkup.postgres_datasets import check_postgres_datasets
from exports_pipeline.checkup.quotas import check_quotas
from exports_pipeline.checkup.roles import check_roles
from exports_pipeline.checkup.second_wall import check_wall
from exports_pipeline.checkup.surroundings import Surroundings, check_settings
from exports_pipeline.checkup.templates import check_templates
from exports_pipeline.checkup.workers import check_workers


def examine(about: Surroundings) -> list[Finding]:
    """Look at every part; takes about as long as the slowest of them, ten seconds at most where servers hang."""
    settings = about.settings
    servers: dict[str, Check] = {
        "postgres": lambda: check_ledger(settings),
        "second wall": lambda: check_wall(settings),
        "bucket": lambda: check_bucket(about),
        "broker": lambda: check_workers(settings),
        "dagster": lambda: check_dagster(settings),
        "channels": lambda: check_channels(settings),
        "datasets of postgres": lambda: check_postgres_datasets(settings),
    }
    checks: dict[str, Check] = {
        "settings": lambda: check_settings(about),
        **({part: _not_up(part) for part in servers} if about.is_down else servers),
        "roles": lambda: check_roles(settings),
        "warehouse": lambda: check_data(settings),
        "reports": lambda: check_templates(settings),
        "messages": lambda: check_messages(about),
        "quotas": lambda: check_quotas(settings),
        "disk": lambda: check_disk(settings),
    }
    with ThreadPoolExecutor(len(checks)) as pool:
        found = pool.map(findings_of, checks.keys(), checks.values())
        return [each for findings in found for each in findings]


def _not_up(part: str) -> Check:
    return lambda: iter((skipped(part, "The embedded stack is not up."),))
