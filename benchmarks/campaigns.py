"""Claim: with 10 million events stored, every question about campaigns and activity is answered within 20 ms (p95).

`python -m benchmarks.campaigns [--events 10000000] [--entries 1000000]` starts a Postgres of its own, fills it by SQL
with a year of events of twenty campaigns and as much of the audit log, and rolls all of it up. Then it prints the
seconds of a roll-up of 10,000 new events with journeys and without them, and the milliseconds of the API's answers in
this process, beside the same question asked of the raw events or entries in the same run.
"""

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import structlog
from sqlalchemy import Engine, text

from exports_api.app import create_app
from exports_pipeline.adapters.activity_store import PostgresActivityStore
from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.journey_reader import PostgresJourneyStore
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.event_months import month_after, month_of
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET, token_of
from exports_pipeline_tests.fakes.clock import FakeClock
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.started_part import started

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
BATCH, FRESH, OF_A_CUSTOMER = 10_000, 10_000, 5
ROUNDS, ASKED, ASKED_RAW = 3, 60, 3

# Five events of each customer: picked up, interested (half of them), engaged, qualified (a fifth), picked up again.
# Multiples of primes keep the fields from going together.
FILL = """
    INSERT INTO analytics_events
    SELECT
        'ann', :name || n, :first_batch + (n - 1) / :batch,
        (ARRAY['conversation', 'intent', 'engagement', 'intent', 'conversation'])[1 + n % 5],
        'outbound',
        CASE n % 5
            WHEN 1 THEN (ARRAY['interested', 'no'])[1 + c * 11 / 7 % 2]
            WHEN 3 THEN (ARRAY['qualified', 'later', 'no', 'angry', 'unsure'])[1 + c * 13 / 3 % 5]
            ELSE ''
        END,
        (n * 37 % 6000) / 10.0,
        least(
            CAST(:since AS timestamptz)
                + (CAST(:until AS timestamptz) - CAST(:since AS timestamptz)) * (c / CAST(:customers AS float))
                + (n % 5) * ((c * 31) % 90000) * interval '1 second',
            CAST(:until AS timestamptz)
        ),
        'campaign ' || c * 17 / 11 % 20,
        :name || 'customer ' || c,
        jsonb_build_object('segment', (ARRAY['gold', 'silver', 'bronze'])[1 + c * 19 / 13 % 3])
    FROM generate_series(CAST(1 AS bigint), :events) AS n, LATERAL (SELECT n / 5 AS c) AS customer"""
BATCHES = """
    INSERT INTO event_batches (tenant, received_at, events)
    SELECT 'ann', :now, :batch FROM generate_series(1, :batches) RETURNING id"""
USERS = """
    INSERT INTO users (id, owner_key, created_at, seen_at)
    SELECT CAST(md5(u::text) AS uuid), 'team ' || u % 20, :now, :now FROM generate_series(0, 999) AS u"""
ENTRIES = """
    INSERT INTO audit_log (at, actor, action, details)
    SELECT CAST(:now AS timestamptz) - n * 7919 % :entries * (interval '365 days' / :entries),
           CAST(md5((n * n % 1000)::text) AS uuid),
           (ARRAY['export.requested', 'export.download_link', 'report.requested', 'link.opened'])[1 + n * 11 / 7 % 4],
           '{}'
    FROM generate_series(CAST(1 AS bigint), :entries) AS n"""


@dataclass(frozen=True)
class Asked:
    """A question to the API, and the same one to the raw rows."""

    what: str
    path: str
    raw: str


def days_ago(days: int) -> str:
    return str((NOW - timedelta(days=days)).date())


def window(days: int, zone: str = "UTC") -> tuple[str, str]:
    params = f"from={days_ago(days - 1)}&to={days_ago(0)}&timezone={zone}"
    raw = (
        f"BETWEEN (timestamp '{days_ago(days - 1)}' AT TIME ZONE '{zone}') "
        f"AND ((timestamp '{days_ago(0)}' + interval '1 day') AT TIME ZONE '{zone}')"
    )
    return params, raw


def of_events(what: str, rest: str, figures: str, *, days: int, zone: str = "UTC", group: str = "event_type") -> Asked:
    """A question about events, and about as many days before where the API compares with them."""
    params = window(days, zone)[0]
    one = "" if not rest else "AND campaign = 'campaign 3'"
    before = window(2 * days, zone)[1]
    query = f"""SELECT {group}, {figures} FROM analytics_events
        WHERE tenant = 'ann' {one} AND occurred_at {before} GROUP BY 1"""
    return Asked(what, f"/api/analytics/campaigns{rest.replace(' ', '%20')}?{params}", query)


def journey(what: str, *, days: int, zone: str = "UTC") -> Asked:
    params, raw = window(days, zone)
    query = f"""
        WITH first AS (SELECT customer, min(occurred_at) AS at FROM analytics_events
                       WHERE tenant = 'ann' AND campaign = 'campaign 3' AND event_type = 'conversation' GROUP BY 1),
        second AS (SELECT first.customer, first.at AS began, min(e.occurred_at) AS at
                   FROM first JOIN analytics_events e USING (customer)
                   WHERE e.tenant = 'ann' AND campaign = 'campaign 3' AND label = 'interested' AND first.at {raw}
                   AND e.occurred_at BETWEEN first.at AND first.at + interval '30 days' GROUP BY 1, 2)
        SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY at - began) FROM second"""
    return Asked(what, f"/api/analytics/campaigns/campaign%203/journey?{params}", query)


def of_entries(what: str, rest: str, group: str, *, days: int, bucket: str = "week") -> Asked:
    params, raw = window(days)
    query = f"""SELECT {group}, count(*), count(DISTINCT actor), min(at), max(at)
        FROM audit_log JOIN users ON users.id = actor WHERE at {raw} GROUP BY 1"""
    return Asked(what, f"/api/analytics/activity/{rest}?{params}&granularity={bucket}", query)


QUESTIONS = (
    of_events("all campaigns, 30 days", "", "count(*), count(DISTINCT customer)", days=30, group="campaign"),
    of_events("one campaign, 30 days", "/campaign 3", "count(*), count(DISTINCT customer)", days=30),
    of_events("one campaign, 90 days, Kolkata", "/campaign 3", "count(*)", days=90, zone="Asia/Kolkata"),
    of_events("its intents, 90 days", "/campaign 3/intents", "count(*)", days=90, group="label"),
    journey("its journey, 30 days", days=30),
    journey("its journey, 365 days", days=365),
    journey("its journey, 90 days, Kolkata", days=90, zone="Asia/Kolkata"),
    of_entries("most active users, 30 days", "users", "actor", days=30),
    of_entries("most active users, 365 days", "users", "actor", days=365),
    of_entries("teams, 90 days by week", "trends", "date_trunc('week', at)", days=90),
    of_entries("features, 90 days by week", "features", "action", days=90),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365, help="over which the events are spread")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        port = remembered_port(home, "postgres")
        with started(postgres_part(home, port), home):
            url = database_url(home, port)
            migrate(url)
            engine, patient = make_engine(url), make_engine(url, pool_size=1, is_patient=True)
            declared = read_metrics()
            rules = read_campaign_rules(None, declared)
            with_journeys = PostgresMetricStore(engine, declared, patient=patient, also=[JourneyRollup(rules.funnel)])
            without = PostgresMetricStore(engine, declared, patient=patient)
            prepare(patient, with_journeys, arguments)
            for name, stored in (("without", without), ("with", with_journeys)):
                roll_ups(patient, stored, name, span=timedelta(days=arguments.days))
            ports = replace(
                fake_ports(),
                metrics=with_journeys,
                campaign_rules=rules,
                journeys=PostgresJourneyStore(engine),
                activity=PostgresActivityStore(engine),
                clock=FakeClock(NOW),
            )
            asyncio.run(read(ports, patient))
            engine.dispose()
            patient.dispose()


def prepare(engine: Engine, stored: PostgresMetricStore, arguments: argparse.Namespace) -> None:
    events, entries, since = arguments.events, arguments.entries, NOW - timedelta(days=arguments.days)
    PostgresEventStore(engine).make_months(month_after(month_of(NOW), -back) for back in range(14))
    seconds, _ = timed(lambda: fill(engine, events, name="e", since=since, until=NOW))
    print(f"{events:,} events of {events // OF_A_CUSTOMER:,} customers stored in {seconds:.0f} s", flush=True)
    seconds, done = timed(lambda: stored.roll_up(NOW))
    assert done.events == events, done
    print(f"rolled up with journeys in {seconds:.0f} s: {events / seconds:,.0f} events a second", flush=True)
    with engine.begin() as connection:
        connection.execute(text(USERS), {"now": NOW})
        connection.execute(text(ENTRIES), {"now": NOW, "entries": entries})
    seconds, _ = timed(PostgresActivityStore(engine).roll_up)
    print(f"{entries:,} entries of the audit log rolled up in {seconds:.0f} s", flush=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        for table in ("metric_rollups", "journeys", "journey_rollups", "journey_seconds", "activity_rollups"):
            size = connection.execute(text(f"SELECT pg_total_relation_size('{table}') / 1048576")).scalar_one()
            print(f"  {table}: {size:,} MB")


def fill(engine: Engine, events: int, *, name: str, since: datetime, until: datetime) -> None:
    """Store events in batches that are open, as they come in."""
    batches = -(-events // BATCH)
    with engine.begin() as connection:
        ids = connection.execute(text(BATCHES), {"now": NOW, "batch": BATCH, "batches": batches}).scalars().all()
        values = {"name": name, "first_batch": min(ids), "batch": BATCH, "events": events}
        span = {"since": since, "until": until, "customers": events // OF_A_CUSTOMER}
        connection.execute(text(FILL), values | span)


def roll_ups(engine: Engine, stored: PostgresMetricStore, name: str, *, span: timedelta) -> None:
    """What 10,000 new events cost: of the last hour, and of all the time."""
    for what, ago in (("of the last hour", timedelta(hours=1)), ("of all the time", span)):
        seconds = []
        for place in range(ROUNDS):
            fill(engine, FRESH, name=f"{name} {what} {place} ", since=NOW - ago, until=NOW)
            seconds.append(timed(lambda: stored.roll_up(NOW))[0])
        print(f"{FRESH:,} new events {what}, {name} journeys: median {statistics.median(seconds):.2f} s", flush=True)


async def read(ports: Any, engine: Engine) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # a line for each answer
    with tempfile.TemporaryDirectory() as home:
        app = create_app(ports, Settings(home=Path(home), jwt_secret=SECRET), dispatch_soon=lambda: None)
        headers = {"Authorization": f"Bearer {token_of('ann', 'VIEW_AUDIT')}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
            print(f"\n{'question':34}{'median ms':>10}{'p95 ms':>8}{'raw ms':>9}{'ratio':>7}")
            for asked in QUESTIONS:
                await tell(client, engine, asked)


async def tell(client: httpx.AsyncClient, engine: Engine, asked: Asked) -> None:
    taken = []
    for _ in range(ASKED):
        begun = time.perf_counter()
        answer = await client.get(asked.path)
        taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, answer.text
    with engine.connect() as connection:
        raw = [timed(lambda: connection.execute(text(asked.raw)).all())[0] * 1000 for _ in range(ASKED_RAW)]
    median, slow = statistics.median(taken), sorted(taken)[int(len(taken) * 0.95)]
    ratio = statistics.median(raw) / median
    print(f"{asked.what:34}{median:10.1f}{slow:8.1f}{statistics.median(raw):9.0f}{ratio:7.0f}", flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


if __name__ == "__main__":
    main()
