"""Wires the ports to the real world; the one place that knows every adapter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from time import sleep
from typing import Any

import structlog

from exports_pipeline.adapters.audit_heads import make_audit_heads
from exports_pipeline.adapters.branding_yaml import read_branding
from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.catalog import load_catalog
from exports_pipeline.adapters.dagster_runs import DagsterRuns
from exports_pipeline.adapters.export_runs import ExportRuns
from exports_pipeline.adapters.kept_rows import DuckDbKeptRows
from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.adapters.message_templates import JinjaMessages
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.adapters.nudge import Nudge
from exports_pipeline.adapters.object_store import make_object_store
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.quotas_yaml import read_quotas
from exports_pipeline.adapters.roles_yaml import read_roles
from exports_pipeline.adapters.senders.mail import read_domains
from exports_pipeline.adapters.signing import is_ours, make_signer
from exports_pipeline.adapters.telemetry import make_spans
from exports_pipeline.adapters.vault import KeyVault
from exports_pipeline.adapters.warehouse import duckdb_limits
from exports_pipeline.channels import keyless_channels, make_bot, make_senders
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.data_sources import make_all_sources, pipeline_url
from exports_pipeline.local.secrets import destination_secret
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.reports.maker import TemplateReports
from exports_pipeline.settings import Settings, load_settings
from exports_pipeline.stores import make_stores
from exports_pipeline.usecases.attest_log import attest_log
from exports_pipeline.usecases.dispatch_exports import dispatch

_OWN_CONNECTIONS = 2
"""Of an API on its own account: it launches, looks after exports and counts, each in a thread of its own."""
_log = structlog.get_logger()


def build_ports(settings: Settings) -> ExportPorts:
    """Everything a use case may reach that works for everybody; nothing connects before it is used.

    Raises:
        NotConfigured: a variable that only the embedded stack can do without is missing.
        InvalidCatalog: the catalogue does not fit the warehouse.
        InvalidMetrics, InvalidCampaigns, InvalidRoles: the file of metrics, campaigns or roles cannot be followed.
    """
    url = pipeline_url(settings)
    owner = settings.database_url.get_secret_value() if settings.database_url else url
    stores = make_stores(settings, url, owner=make_engine(owner, pool_size=1) if owner != url else None)
    return _ports(settings, url, stores)


def build_api_ports(settings: Settings) -> tuple[ExportPorts, ExportPorts]:
    """What the API may reach for whoever asks, behind the second wall, and what it may on its own account.

    Both are the same, and there is no second wall, where the API has no role of its own.

    Raises:
        as `build_ports`.
    """
    if settings.api_database_url is None:
        ports = build_ports(settings)
        return ports, ports
    url = settings.api_database_url.get_secret_value()
    ports = _ports(settings, url, make_stores(settings, url, is_walled=True))
    return ports, replace(ports, **make_stores(settings, pipeline_url(settings), pool_size=_OWN_CONNECTIONS))


def _ports(settings: Settings, url: str, stores: dict[str, Any]) -> ExportPorts:
    heads, signer = make_audit_heads(settings), make_signer(settings)
    return ExportPorts(
        catalog=load_catalog(settings),
        warehouse=make_all_sources(settings, url),
        campaign_rules=read_campaign_rules(settings.campaigns, read_metrics(settings.metrics)),
        kept=DuckDbKeptRows(duckdb_limits(settings)),
        objects=make_object_store(settings),
        runs=ExportRuns(DagsterRuns(settings.dagster_graphql_url), public_url=settings.links_url),
        reports=_reports(settings),
        vault=_vault(settings),
        messages=JinjaMessages(settings.messages),
        senders=make_senders(settings),
        clock=lambda: datetime.now(UTC),
        pause=sleep,
        limits=limits_of(settings),
        prices=settings.s3_prices.prices,
        bot=make_bot(settings),
        operators=_operators(settings),
        public_url=settings.links_url,
        signer=signer,
        heads=heads,
        roles=read_roles(settings.roles, default=settings.default_role),
        attest=lambda tick: attest_log(stores["chain"], heads, is_signed=lambda head: is_ours(head, signer), tick=tick),
        spans=make_spans(settings),
        unmask_needs_reason=settings.unmask_reason == "required",
        **stores,
    )


def limits_of(settings: Settings) -> Limits:
    """The figures that the deployment sets; raises InvalidQuotas where the file of quotas cannot be followed.

    One run fewer than workers is launched ahead: when as many runs have ended as there are workers, whoever came
    while all were busy has a worker.
    """
    return Limits(
        slots=settings.workers,
        ahead=settings.workers - 1,
        running_per_user=settings.running_per_user,
        large_rows=settings.large_rows,
        large_slots=settings.large_running or max(1, settings.workers // 2),
        pdf_rows=settings.pdf_rows,
        queue=QueueLimits(per_user=settings.queue_per_user, total=settings.queue),
        max_attempts=settings.max_attempts,
        time_limit=timedelta(minutes=settings.time_limit_minutes),
        expiry=settings.expiry,
        report_expiry=settings.report_expiry,
        link_valid=timedelta(hours=settings.link_hours),
        mail_domains=read_domains(settings.mail_domains),
        keyless=keyless_channels(settings),
        run_retention=timedelta(days=settings.run_days),
        schedule_least=timedelta(minutes=settings.schedule_least_minutes),
        schedule_spread=timedelta(minutes=settings.schedule_spread_minutes),
        event_months=settings.event_months,
        audit_months=settings.audit_months,
        event_ahead=timedelta(minutes=settings.event_future_minutes),
        quotas=read_quotas(settings.quotas),
        key_max_age=timedelta(days=settings.key_max_age_days),
    )


@cache
def ports_of_process() -> ExportPorts:
    """The ports of this process, built on first use; from then on it logs as the others do, whoever started it."""
    configure_logging(load_settings().log_level)
    return build_ports(load_settings())


@cache
def _dispatcher(ports: ExportPorts) -> Nudge:
    return Nudge(lambda: dispatch(ports))


def nudge_dispatch(ports: ExportPorts) -> None:
    """Let pending export jobs be launched in the background."""
    _dispatcher(ports)()


def _reports(settings: Settings) -> TemplateReports:
    templates = load_templates(settings.reports)
    for broken in templates.broken:
        _log.error("report_template_broken", file=broken.file, problem=broken.problem)
    return TemplateReports(templates, read_branding(settings.branding) if settings.branding else Branding())


def _vault(settings: Settings) -> KeyVault:
    """The vault with the deployment's key, or with one that is generated once under `home`."""
    secret = settings.destination_secret
    return KeyVault(secret.get_secret_value() if secret else destination_secret(settings.home))


def _operators(settings: Settings) -> Recipient | None:
    if settings.operators is None:
        return None
    channel, _, address = settings.operators.partition(":")
    try:
        return Recipient(channel=Channel(channel), address=address)
    except ValueError as error:
        raise NotConfigured(
            "EXPORTS_OPERATORS is no channel and address; write it as slack:C0123456789 or email:ops@example.com."
        ) from error
