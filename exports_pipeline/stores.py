"""Wires what stands in Postgres, for one role of it."""

from typing import Any

from sqlalchemy import Engine

from exports_pipeline.adapters.activity_store import PostgresActivityStore
from exports_pipeline.adapters.audit_chain import PostgresAuditChain
from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.destination_store import PostgresDestinationStore
from exports_pipeline.adapters.erasure_store import PostgresErasures
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.figures import PostgresFigures
from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.journey_reader import PostgresJourneyStore
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.key_store import PostgresKeyStore
from exports_pipeline.adapters.link_store import PostgresLinkStore
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.adapters.outbox import PostgresOutbox
from exports_pipeline.adapters.person_archive import PostgresPersonArchive
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.roles_yaml import read_roles
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.adapters.team_store import PostgresTeamStore
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.settings import Settings


def make_stores(
    settings: Settings, url: str, *, owner: Engine | None = None, is_walled: bool = False, pool_size: int = 5
) -> dict[str, Any]:
    """The stores of `stores_over`, over the database at a URL; nothing connects before it is used.

    Raises:
        as `stores_over`.
    """
    engine = make_engine(url, pool_size=pool_size, is_walled=is_walled)
    patient = make_engine(url, pool_size=1, is_patient=True, is_walled=is_walled)
    return stores_over(engine, settings, owner=owner, patient=patient)


def stores_over(
    engine: Engine, settings: Settings, *, owner: Engine | None = None, patient: Engine | None = None
) -> dict[str, Any]:
    """The stores, by their names among the ports.

    Only `owner` drops months of events, and makes and drops those of the audit log; without one, the role of the
    engine is the owner.

    Raises:
        InvalidMetrics, InvalidCampaigns: the file of metrics, or that of campaigns, cannot be followed.
    """
    metrics = read_metrics(settings.metrics)
    rules = read_campaign_rules(settings.campaigns, metrics)
    return {
        "jobs": PostgresJobStore(engine),
        "users": PostgresUserStore(engine, read_roles(settings.roles, default=settings.default_role)),
        "teams": PostgresTeamStore(engine),
        "keys": PostgresKeyStore(engine),
        "chain": PostgresAuditChain(engine, patient=patient or engine, owner=owner),
        "erasures": PostgresErasures(engine),
        "archive": PostgresPersonArchive(engine),
        "schedules": PostgresScheduleStore(engine),
        "audit": PostgresAuditLog(engine),
        "outbox": PostgresOutbox(engine),
        "figures": PostgresFigures(engine),
        "insights": PostgresInsights(engine),
        "journeys": PostgresJourneyStore(engine),
        "activity": PostgresActivityStore(engine),
        "events": PostgresEventStore(engine, owner=owner),
        "metrics": PostgresMetricStore(engine, metrics, patient=patient, also=[JourneyRollup(rules.funnel)]),
        "destinations": PostgresDestinationStore(engine),
        "links": PostgresLinkStore(engine),
    }
