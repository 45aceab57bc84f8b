"""A year of a company of 200 people: exports, events of campaigns, an audit log and schedules.

It has a Postgres of its own. A home keeps it: whoever comes next with the same folder finds it loaded.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from benchmarks import campaigns, event_history, insights
from benchmarks.event_history import NOW
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.event_months import month_after, month_of
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.local.ledger import let_in
from exports_pipeline.local.object_store import object_store_environment, object_store_parts
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part, role_url
from exports_pipeline.local.sample import build_sample
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline.usecases.keep_schedules import create_schedule
from exports_pipeline.wiring import build_ports
from exports_pipeline_tests.api_client import SECRET
from exports_pipeline_tests.builders import a_schedule, requester
from exports_pipeline_tests.fakes.clock import FakeClock
from exports_pipeline_tests.started_part import started

DAYS, JOBS_A_DAY, EVENTS_A_DAY, ENTRIES_A_DAY = 365, 100, 200, 200
SCHEDULES, SCHEDULED_DAYS = 20, 10


@contextmanager
def invented_year(home: Path) -> Iterator[dict[str, str]]:
    """The variables of a deployment over it; Postgres is stopped in the end."""
    home.mkdir(parents=True, exist_ok=True)
    warehouse, catalog = build_sample(home, days=DAYS)
    port, mark = remembered_port(home, "postgres"), home / "year.loaded"
    urls = {
        "EXPORTS_DATABASE_URL": database_url(home, port),
        "EXPORTS_API_DATABASE_URL": role_url(home, port, "exports_api"),
        "EXPORTS_PIPELINE_DATABASE_URL": role_url(home, port, "exports_pipeline"),
    }
    variables = urls | {
        "EXPORTS_HOME": str(home),
        "EXPORTS_JWT_SECRET": SECRET,
        "EXPORTS_WAREHOUSE": str(warehouse),
        "EXPORTS_CATALOG": str(catalog),
        "EXPORTS_EMBED_ORIGINS": "https://intranet.example.com",
    }
    s3_port = remembered_port(home, "object_store")
    store, *bucket = object_store_parts(home, s3_port)
    variables |= object_store_environment(home, s3_port)
    with started(postgres_part(home, port), home), started(store, home):
        for step in bucket:
            subprocess.run(step.command, check=True, env={**os.environ, **variables})
        if mark.exists():
            migrate(urls["EXPORTS_DATABASE_URL"])
        else:
            _load(home, urls, warehouse, catalog)
            mark.touch()
        yield variables


def _load(home: Path, urls: dict[str, str], warehouse: Path, catalog: Path) -> None:
    owner = urls["EXPORTS_DATABASE_URL"]
    insights.fill(owner, DAYS * JOBS_A_DAY, DAYS, noon=NOW)
    let_in(Settings(home=home, **{name.removeprefix("EXPORTS_").lower(): url for name, url in urls.items()}))
    clock, settings = (
        FakeClock(NOW),
        Settings(home=home, database_url=owner, warehouse=warehouse, catalog=catalog, bucket="exports"),
    )
    engine = make_engine(owner, is_patient=True)
    ports = replace(build_ports(settings), clock=clock)
    _events(engine, ports)
    campaigns.enter(engine, DAYS * ENTRIES_A_DAY)
    _schedules(ports, clock)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _events(engine: Engine, ports: ExportPorts) -> None:
    since = NOW - timedelta(days=DAYS)
    months = [month_after(month_of(NOW), -back) for back in range(DAYS // 28 + 2)]
    PostgresEventStore(engine).make_months(months)
    event_history.fill(engine, DAYS * EVENTS_A_DAY, name="e", since=since, until=NOW)
    while ports.metrics.has_new():
        ports.metrics.roll_up(NOW)


def _schedules(ports: ExportPorts, clock: FakeClock) -> None:
    """So many of one person, each with its last days behind it."""
    mail = (Recipient(channel=Channel.EMAIL, address="ann@example.com"),)
    clock.now = NOW - timedelta(days=SCHEDULED_DAYS)
    for place in range(SCHEDULES):
        new = replace(
            a_schedule("ann"),
            name=f"Flights {place}",
            body={"dataset_id": "flights"},
            recipients=mail,
            cron="0 7 * * *",
        )
        create_schedule(new, requester("ann"), ports=ports)
    for _ in range(SCHEDULED_DAYS):
        clock.advance(24 * 3600)
        enqueue_recurring(ports)
