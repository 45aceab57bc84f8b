"""A year of events of twenty campaigns, stored and rolled up in a Postgres of its own, for the benchmarks of figures.

`--home FOLDER` keeps it: whoever comes next with the same folder, events and days finds it loaded.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.event_months import month_after, month_of
from exports_pipeline.core.funnel import CampaignRules
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline_tests.started_part import started

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
TENANT = "ann"
BATCH, OF_A_CUSTOMER, PART, SAID = 10_000, 5, 1_000_000, 100_000

# Five events of each customer: picked up, interested (half of them), engaged, qualified (a fifth), picked up again.
# Multiples of primes keep the fields from going together.
_FILL = """
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
_BATCHES = """
    INSERT INTO event_batches (tenant, received_at, events, rolled_up_at)
    SELECT 'ann', :now, :batch, :rolled_up_at FROM generate_series(1, :batches) RETURNING id"""


@dataclass(frozen=True)
class History:
    """The database, and the stores over it."""

    engine: Engine
    patient: Engine
    """Waits for an answer as long as it takes."""
    metrics: PostgresMetricStore
    """Rolls up journeys as well."""
    rules: CampaignRules
    is_new: bool
    """Whether it was loaded now."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What all benchmarks over it take."""
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=365, help="over which the events are spread")
    parser.add_argument("--home", type=Path, help="keep the database in this folder, or find it there")


@contextmanager
def history(arguments: argparse.Namespace) -> Iterator[History]:
    """The database, loaded; it is stopped in the end, and deleted unless it has a home."""
    with tempfile.TemporaryDirectory() as folder:
        home: Path = arguments.home or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        mark = home / f"{arguments.events}-{arguments.days}.loaded"
        port = remembered_port(home, "postgres")
        with started(postgres_part(home, port), home):
            url = database_url(home, port)
            migrate(url)
            engine, patient = make_engine(url), make_engine(url, pool_size=1, is_patient=True)
            declared = read_metrics()
            rules = read_campaign_rules(None, declared)
            stored = PostgresMetricStore(engine, declared, patient=patient, also=[_Telling(rules.funnel)])
            is_new = not mark.exists()
            if is_new:
                _load(patient, stored, arguments)
                mark.touch()
            yield History(engine=engine, patient=patient, metrics=stored, rules=rules, is_new=is_new)
            engine.dispose()
            patient.dispose()


def fill(
    engine: Engine, events: int, *, name: str, since: datetime, until: datetime, is_rolled_up: bool = False
) -> None:
    """Store events in batches, which are open unless their figures are made another way."""
    batches = -(-events // BATCH)
    given = {"now": NOW, "batch": BATCH, "batches": batches, "rolled_up_at": NOW if is_rolled_up else None}
    with engine.begin() as connection:
        ids = connection.execute(text(_BATCHES), given).scalars().all()
        values = {"name": name, "first_batch": min(ids), "batch": BATCH, "events": events}
        span = {"since": since, "until": until, "customers": events // OF_A_CUSTOMER}
        connection.execute(text(_FILL), values | span)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds that some work takes, and its result."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def p95(taken: list[float]) -> float:
    """What nineteen in twenty do not exceed."""
    return statistics.quantiles(taken, n=20, method="inclusive")[-1]


class _Telling(JourneyRollup):
    """Says how many customers' journeys it has told anew."""

    _done, _begun = 0, 0.0

    def catch_up(self, connection: Connection) -> int:
        self._begun = self._begun or time.perf_counter()
        done = super().catch_up(connection)
        before, self._done = self._done, self._done + done
        if before // SAID < self._done // SAID:
            print(f"  journeys of {self._done:,} customers, {time.perf_counter() - self._begun:.0f} s", flush=True)
        return done


def _load(engine: Engine, stored: PostgresMetricStore, arguments: argparse.Namespace) -> None:
    """Store the events as if they were rolled up, and make figures of them as a backfill and a new funnel do.

    It comes to the same as rolling all of them up batch by batch, and takes a fraction of the time.
    """
    events, since = arguments.events, NOW - timedelta(days=arguments.days)
    months = [month_after(month_of(NOW), -back) for back in range(arguments.days // 28 + 2)]
    PostgresEventStore(engine).make_months(months)
    seconds, _ = timed(lambda: _store(engine, events, since))
    print(f"{events:,} events of {events // OF_A_CUSTOMER:,} customers stored in {seconds:.0f} s", flush=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE analytics_events, event_batches")
    seconds, buckets = timed(lambda: _backfill(stored, since))
    print(f"{buckets:,} buckets made of them in {seconds:.0f} s", flush=True)
    seconds, done = timed(lambda: stored.roll_up(NOW))
    print(f"journeys of {done.retold:,} customers told in {seconds:.0f} s", flush=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        for table in ("metric_rollups", "journeys", "journey_rollups", "journey_seconds"):
            size = connection.execute(text(f"SELECT pg_total_relation_size('{table}') / 1048576")).scalar_one()
            print(f"  {table}: {size:,} MB", flush=True)


def _store(engine: Engine, events: int, since: datetime) -> None:
    """A part after the other, each of its own stretch of time."""
    parts, begun = -(-events // PART), time.perf_counter()
    for part in range(parts):
        size = min(PART, events - part * PART)
        from_, to = (since + (NOW - since) * (place / parts) for place in (part, part + 1))
        fill(engine, size, name=f"e{part} ", since=from_, until=to, is_rolled_up=True)
        print(f"  {part * PART + size:,} events, {time.perf_counter() - begun:.0f} s", flush=True)


def _backfill(stored: PostgresMetricStore, since: datetime) -> int:
    """A month at a time, so that no transaction is too long."""
    made, first, last, begun = 0, since.date(), NOW.date(), time.perf_counter()
    while first <= last:
        until = min(month_after(first.replace(day=1)) - timedelta(days=1), last)
        made += stored.backfill(None, from_=first, to=until)
        print(f"  {made:,} buckets up to {until}, {time.perf_counter() - begun:.0f} s", flush=True)
        first = until + timedelta(days=1)
    return made
