"""Claim: with 10 million events stored, rolling up 10,000 new ones takes at most a second, and reading 20 ms.

`python -m benchmarks.rollups [--events 10000000] [--days 365]` starts a Postgres of its own, fills it by SQL with the
working hours of so many days, in which two campaigns at a time reach 200,000 customers, and rolls all of it up. Then it
prints the seconds of roll-ups of 10,000 more events of one day, and of 10,000 late ones of all days; and milliseconds
of questions to the API in this process, beside the same questions asked of the raw events in the same run.
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
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import structlog
from sqlalchemy import Engine, text

from exports_api.app import create_app
from exports_pipeline.adapters.event_store import PostgresEventStore
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
TODAY = datetime(2026, 6, 30, tzinfo=UTC)
YEAR = 365
BATCH, FRESH = 10_000, 10_000
METRICS = "/api/analytics/metrics"
ROUNDS, ASKED, ASKED_RAW = 7, 60, 3

# The n-th event: by multiples of primes, so that fields do not go together. Four in five are of one tenant. They come
# in the order in which they occurred, or, where the step is not one, from everywhere; always between eight and four
# o'clock, and of the two campaigns of their month.
FILL = """
    INSERT INTO analytics_events
    SELECT
        CASE WHEN n % 5 = 0 THEN 'other' ELSE 'acme' END,
        :name || n,
        :first_batch + (n - 1) / :batch,
        (ARRAY['conversation', 'conversation', 'conversation', 'intent', 'intent', 'engagement'])[1 + n * 7 % 6],
        'outbound',
        (ARRAY['yes', 'no', 'later', 'unknown'])[1 + n * 11 / 7 % 4],
        (n * 37 % 6000) / 10.0,
        at,
        'campaign ' || extract(month FROM at) + n * 13 / 11 % 2,
        'customer ' || n * 17 % 200000,
        jsonb_build_object('segment', (ARRAY['gold', 'silver', 'bronze'])[1 + n * 19 / 13 % 3])
    FROM generate_series(CAST(1 AS bigint), :events) AS n
    CROSS JOIN LATERAL (
        SELECT CAST(:since AS timestamptz) + floor(days) * interval '1 day' + interval '8 hours'
            + (days - floor(days)) * interval '8 hours' AS at
        FROM (SELECT :days * ((n - 1) * :step % :events) / CAST(:events AS float) AS days) AS counted
    ) AS timed"""
BATCHES = """
    INSERT INTO event_batches (tenant, received_at, events)
    SELECT 'acme', :now, :batch FROM generate_series(1, :batches) RETURNING id"""


@dataclass(frozen=True)
class Asked:
    """A question to the API, and the same one to the raw events."""

    what: str
    path: str
    raw: str


def days_ago(days: int) -> str:
    return str((NOW - timedelta(days=days)).date())


def asked_of(
    what: str, metric: str, figure: str, *, days: int, bucket: str = "day", by: str = "", **more: str
) -> Asked:
    zone, campaign = more.get("zone", "UTC"), more.get("campaign")
    path = f"{METRICS}/{metric}?from={days_ago(days - 1)}&to={days_ago(0)}&granularity={bucket}&timezone={zone}"
    path += (f"&by={by}" if by else "") + (f"&where=campaign:{campaign}" if campaign else "")
    kind = {"customers": "true", "intents": "event_type = 'intent'"}.get(metric, "event_type = 'conversation'")
    raw = f"""
        SELECT date_trunc('{bucket}', occurred_at AT TIME ZONE '{zone}'), {by or 1}, {figure} FROM analytics_events
        WHERE tenant = 'acme' AND {kind} AND {f"campaign = '{campaign}'" if campaign else "true"}
            AND occurred_at >= timestamp '{days_ago(days - 1)}' AT TIME ZONE '{zone}'
            AND occurred_at < (timestamp '{days_ago(0)}' + interval '1 day') AT TIME ZONE '{zone}' GROUP BY 1, 2"""
    return Asked(what, path, raw)


CALLS, LENGTH, PEOPLE = "conversations", "conversation_length", "customers"
QUESTIONS = (
    asked_of("conversations, 90 days", CALLS, "count(*)", days=90),
    asked_of("conversations, 12 months by campaign", CALLS, "count(*)", days=365, bucket="month", by="campaign"),
    asked_of("intents, 30 days by label", "intents", "count(*)", days=30, by="label"),
    asked_of("conversations, 7 days by the hour", CALLS, "count(*)", days=7, bucket="hour"),
    asked_of("conversations, 30 days in Kolkata", CALLS, "count(*)", days=30, zone="Asia/Kolkata"),
    asked_of("mean length, 90 days of a campaign", LENGTH, "avg(value)", days=90, campaign="campaign 5"),
    asked_of("customers, 30 days", PEOPLE, "count(DISTINCT customer)", days=30),
    asked_of("customers, 12 months", PEOPLE, "count(DISTINCT customer)", days=365, bucket="month"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=YEAR, help="that the events are of")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        port = remembered_port(home, "postgres")
        with started(postgres_part(home, port), home):
            url = database_url(home, port)
            migrate(url)
            engine, patient = make_engine(url), make_engine(url, pool_size=1, is_patient=True)
            metrics = PostgresMetricStore(engine, read_metrics(), patient=patient)
            prepare(patient, metrics, arguments.events, arguments.days)
            roll_ups(patient, metrics, arguments.days)
            asyncio.run(read(metrics, patient))
            differing = metrics.check(buckets=50, seed=1)
            print(f"\n50 buckets compared with their events: {len(differing)} figures differ")
            engine.dispose()
            patient.dispose()


def prepare(engine: Engine, metrics: PostgresMetricStore, events: int, days: int) -> None:
    store = PostgresEventStore(engine)
    store.make_months(month_after(month_of(NOW), -back) for back in range(14))
    seconds, _ = timed(lambda: fill(engine, events, name="e", since=TODAY - timedelta(days=days - 1), days=days))
    print(f"{events:,} events of {days} days stored in {seconds:.0f} s")
    seconds, done = timed(lambda: metrics.roll_up(NOW))
    print(f"rolled up in {seconds:.0f} s: {events / seconds:,.0f} events a second", flush=True)
    assert done.events == events, done
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE metric_rollups, analytics_events, event_batches")
        kept = connection.execute(
            text("SELECT granularity, count(*) FROM metric_rollups GROUP BY 1 ORDER BY 2 DESC")
        ).all()
        size = connection.execute(text("SELECT pg_size_pretty(pg_total_relation_size('metric_rollups'))")).scalar_one()
    print("buckets:", ", ".join(f"{count:,} of a {granularity}" for granularity, count in kept), f"({size})")


def fill(engine: Engine, events: int, *, name: str, since: datetime, days: int, step: int = 1) -> None:
    with engine.begin() as connection:
        batches = {"now": NOW, "batch": BATCH, "batches": -(-events // BATCH)}
        ids = connection.execute(text(BATCHES), batches).scalars().all()
        given = {"since": since, "days": days, "events": events, "batch": BATCH, "step": step}
        connection.execute(text(FILL), given | {"name": name, "first_batch": min(ids)})


def roll_ups(engine: Engine, metrics: PostgresMetricStore, history: int) -> None:
    """What it costs to roll up ten thousand new events: those of a day's work, or late ones of all days."""
    print(f"\nroll-up of {FRESH:,} new events, medians of {ROUNDS}")
    for what, days in (("of one day", 1), ("late ones, of all days", history)):
        figures = []
        for place in range(ROUNDS):
            since = TODAY - timedelta(days=days - 1)
            fill(engine, FRESH, name=f"{what} {place} ", since=since, days=days, step=7919)
            seconds, done = timed(lambda: metrics.roll_up(NOW))
            assert done.events == FRESH, done
            figures.append(seconds)
        print(f"{what:42}{statistics.median(figures):8.2f} s, at most {max(figures):.2f} s ({done.buckets:,} buckets)")


async def read(metrics: PostgresMetricStore, engine: Engine) -> None:
    clock = FakeClock(NOW)
    ports = replace(fake_ports(), metrics=metrics, clock=clock, pause=clock.pause)
    with tempfile.TemporaryDirectory() as home:
        app = create_app(ports, Settings(home=Path(home), jwt_secret=SECRET), dispatch_soon=lambda: None)
    headers = {"Authorization": f"Bearer {token_of('acme')}"}
    print(f"\n{'over HTTP in this process':42}{'median':>8}{'p95':>8}  raw events, median of {ASKED_RAW}")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
        for question in QUESTIONS:
            took = []
            for _ in range(ASKED + 5):
                began = time.perf_counter()
                answer = await client.get(question.path)
                took.append(1000 * (time.perf_counter() - began))
                assert answer.status_code == 200, answer.text
            took = sorted(took[5:])
            raw = [1000 * timed(partial(raw_rows, engine, question.raw))[0] for _ in range(ASKED_RAW)]
            p95 = took[int(0.95 * len(took))]
            median = statistics.median(raw)
            print(f"{question.what:42}{statistics.median(took):8.1f}{p95:8.1f}  {median:8.0f} ms", flush=True)


def raw_rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(statement)).all())


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


if __name__ == "__main__":
    main()
