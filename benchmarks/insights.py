"""Claim: insights over a million ended jobs cost a fraction of asking the ledger, and an ending job nearly nothing.

`python benchmarks/insights.py [--jobs 1000000] [--days 730] [--home FOLDER]` starts a Postgres of its own, fills the
ledger by SQL with jobs of 200 people who have 2,000 habits between them (dataset, format, destination, list, plan),
lets the migration roll them up, and prints p50 and p95 of what is behind each endpoint, over the last 90 days and over
everything, beside the same question asked of `export_jobs` in the same run. Then it completes jobs, with the trigger
and without. A home keeps the database: whoever comes next with the same folder, jobs and days finds it loaded.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import Engine, text

from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.insights import Facet
from exports_pipeline.core.job_filter import ANY_JOB, JobFilter
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.time_spans import Days, Granularity, days_between
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline.usecases import read_insights as insights

sys.path.insert(0, str(Path(__file__).parents[1]))
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.started_part import started

ROUNDS, DIRECT_ROUNDS, ENDINGS = 40, 2, 300
SOMEBODY = requester("person 7").user_id
MAILED, PLANNED = JobFilter(dataset="dataset 3", destination="email"), JobFilter(tag="finance", plan="plan 3")
FILL = (Path(__file__).parent / "ways" / "million_jobs.sql").read_text(encoding="utf-8")
WEEK, PRAGUE = "date_trunc('week', completed_at)", "date_trunc('week', completed_at, 'Europe/Prague')"
SIZE, CHANNEL = "(metadata ->> 'file_size_bytes')::bigint", "coalesce(recipients #>> '{0,channel}', 'manual')"
PLAN, LIST = "metadata #>> '{labels,plan}'", "metadata #>> '{labels,list}'"
P95 = "percentile_cont(0.95) WITHIN GROUP (ORDER BY completed_at - started_at)"
SIZE_OF = """
SELECT coalesce(sum(pg_total_relation_size(relid)), pg_total_relation_size(of)) / 1048576
FROM CAST(%s AS regclass) AS of LEFT JOIN pg_partition_tree(of) ON true GROUP BY of"""
Ask = Callable[[Days, ExportPorts], object]


def bars(*by: Facet, jobs: JobFilter = ANY_JOB) -> Ask:
    return lambda days, ports: insights.read_bars(jobs, days, by, limit=20, ports=ports)


def series(by: Facet | None = None, *, jobs: JobFilter = ANY_JOB, zone: str = "UTC") -> Ask:
    week = Granularity.WEEK
    return lambda days, ports: insights.read_series(jobs, replace(days, timezone=zone), week, by, limit=20, ports=ports)


QUESTIONS: list[tuple[str, Ask, str]] = [
    (
        "overview",
        lambda days, ports: insights.read_overview(ANY_JOB, days, ports=ports),
        f"SELECT count(*), sum(volume), sum({SIZE}), {P95} FROM ended",
    ),
    ("counts by tag", bars(Facet.TAG), "SELECT tag, count(*) FROM ended, unnest(tag_summary) AS tag GROUP BY 1"),
    ("counts by destination", bars(Facet.DESTINATION), f"SELECT {CHANNEL}, count(*) FROM ended GROUP BY 1"),
    (
        "counts by format and dataset",
        bars(Facet.FORMAT, Facet.DATASET),
        "SELECT format, dataset, count(*) FROM ended GROUP BY 1, 2",
    ),
    (
        "counts by plan, list and tag",
        bars(Facet.PLAN, Facet.LIST, Facet.TAG),
        f"SELECT {PLAN}, {LIST}, tag, count(*) FROM ended, unnest(tag_summary) AS tag GROUP BY 1, 2, 3",
    ),
    ("counts by user", bars(Facet.USER), "SELECT requester, count(*) FROM ended GROUP BY 1"),
    ("counts by error", bars(Facet.ERROR), "SELECT error_code, count(*) FROM ended GROUP BY 1"),
    ("volume by week", series(), f"SELECT {WEEK}, count(*), sum(volume) FROM ended GROUP BY 1"),
    (
        "volume by week and destination",
        series(Facet.DESTINATION),
        f"SELECT {WEEK}, {CHANNEL}, count(*) FROM ended GROUP BY 1, 2",
    ),
    (
        "volume by week in Prague",
        series(zone="Europe/Prague"),
        f"SELECT {PRAGUE}, count(*), sum(volume) FROM ended GROUP BY 1",
    ),
    (
        "counts by tag of one plan",
        bars(Facet.TAG, jobs=JobFilter(plan="plan 3")),
        f"SELECT tag, count(*) FROM ended, unnest(tag_summary) AS tag WHERE {PLAN} = 'plan 3' GROUP BY 1",
    ),
    (
        "counts by dataset of one user",
        bars(Facet.DATASET, jobs=JobFilter(user_id=SOMEBODY)),
        f"SELECT dataset, count(*) FROM ended WHERE requester = '{SOMEBODY}' GROUP BY 1",
    ),
    (
        "counts by destination of one dataset",
        bars(Facet.DESTINATION, jobs=JobFilter(dataset="dataset 3")),
        f"SELECT {CHANNEL}, count(*) FROM ended WHERE dataset = 'dataset 3' GROUP BY 1",
    ),
    (
        "overview of one dataset and destination",
        lambda days, ports: insights.read_overview(MAILED, days, ports=ports),
        f"SELECT count(*), sum(volume), sum({SIZE}) FROM ended WHERE dataset = 'dataset 3' AND {CHANNEL} = 'email'",
    ),
    (
        "counts by destination of tag and plan",
        bars(Facet.DESTINATION, jobs=PLANNED),
        f"SELECT {CHANNEL}, count(*) FROM ended WHERE tag_summary @> '{{finance}}' AND {PLAN} = 'plan 3' GROUP BY 1",
    ),
    (
        "counts by user of one destination",
        bars(Facet.USER, jobs=JobFilter(destination="email")),
        f"SELECT requester, count(*) FROM ended WHERE {CHANNEL} = 'email' GROUP BY 1",
    ),
    (
        "counts by user and dataset",
        bars(Facet.USER, Facet.DATASET),
        "SELECT requester, dataset, count(*) FROM ended GROUP BY 1, 2",
    ),
    (
        "counts by destination, dataset and plan",
        bars(Facet.DESTINATION, Facet.DATASET, Facet.PLAN),
        f"SELECT {CHANNEL}, dataset, {PLAN}, count(*) FROM ended GROUP BY 1, 2, 3",
    ),
    (
        "counts by error and dataset",
        bars(Facet.ERROR, Facet.DATASET),
        "SELECT error_code, dataset, count(*) FROM ended GROUP BY 1, 2",
    ),
    (
        "weeks by destination of one dataset",
        series(Facet.DESTINATION, jobs=JobFilter(dataset="dataset 3")),
        f"SELECT {WEEK}, {CHANNEL}, count(*) FROM ended WHERE dataset = 'dataset 3' GROUP BY 1, 2",
    ),
    (
        "weeks of Prague by destination, one tag",
        series(Facet.DESTINATION, jobs=JobFilter(tag="finance"), zone="Europe/Prague"),
        f"SELECT {PRAGUE}, {CHANNEL}, count(*) FROM ended WHERE tag_summary @> '{{finance}}' GROUP BY 1, 2",
    ),
    (
        "weeks of one user by dataset",
        series(Facet.DATASET, jobs=JobFilter(user_id=SOMEBODY)),
        f"SELECT {WEEK}, dataset, count(*) FROM ended WHERE requester = '{SOMEBODY}' GROUP BY 1, 2",
    ),
    (
        "the 20 largest of dataset and destination",
        lambda days, ports: insights.read_largest(MAILED, days, limit=20, ports=ports),
        f"SELECT id FROM ended WHERE dataset = 'dataset 3' AND {CHANNEL} = 'email' ORDER BY volume + 0 DESC LIMIT 20",
    ),
    (
        "the 20 largest of one plan",
        lambda days, ports: insights.read_largest(JobFilter(plan="plan 3"), days, limit=20, ports=ports),
        f"SELECT id FROM ended WHERE {PLAN} = 'plan 3' ORDER BY volume + 0 DESC LIMIT 20",
    ),
    (
        "the 20 largest",
        lambda days, ports: insights.read_largest(ANY_JOB, days, limit=20, ports=ports),
        "SELECT id, volume FROM ended WHERE status = 'completed' ORDER BY volume + 0 DESC LIMIT 20",
    ),
    (
        "storage and its cost",
        lambda _days, ports: insights.read_storage(ANY_JOB, ports=ports),
        f"SELECT dataset, format, sum({SIZE}) FROM ended WHERE status = 'completed' GROUP BY 1, 2",
    ),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--home", type=Path, help="keep the database in this folder, or find it there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home: Path = arguments.home or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        mark = home / f"{arguments.jobs}-{arguments.days}.loaded"
        port = remembered_port(home, "postgres")
        with started(postgres_part(home, port), home):
            url = database_url(home, port)
            if mark.exists():
                migrate(url)
            else:
                fill(url, arguments.jobs, arguments.days)
                mark.touch()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")  # as autovacuum does within its minute
            engine, patient = make_engine(url), make_engine(url, is_patient=True)
            ports = replace(fake_ports(), insights=PostgresInsights(engine), clock=lambda: NOON)
            ports.insights.roll_up()
            compare(patient, ports, 90)
            endings(engine)
            ports.insights.roll_up()  # as the schedule does every minute
            compare(patient, ports, arguments.days)
            engine.dispose()
            patient.dispose()


def fill(url: str, jobs: int, days: int, *, noon: datetime = NOON) -> None:
    """Old jobs, which the migration then rolls up."""
    migrate(url, revision="0011_create_events")
    took = {}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        users = [(requester(f"person {n}").user_id, n) for n in range(200)]
        connection.execute("CREATE TEMP TABLE people (id uuid, n integer)")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO people VALUES (%s, %s)", users)
        took["written"] = timed(lambda: connection.execute(FILL.format(jobs=jobs, days=days, noon=noon.isoformat())))
        took["rolled up by the migration"] = timed(lambda: migrate(url))
        sizes = [(name, connection.execute(SIZE_OF, [name]).fetchone()[0]) for name in ("export_jobs", "job_rollups")]
    print(f"{jobs:,} jobs in {days} days;", "; ".join(f"{what} in {seconds:.0f} s" for what, seconds in took.items()))
    print("; ".join(f"{name}: {size:.0f} MB" for name, size in sizes))


def compare(patient: Engine, ports: ExportPorts, days: int) -> None:
    asked = days_between(NOON.date() - timedelta(days=days - 1), NOON.date(), "UTC")
    print(f"\nover {days} days{'':28}    p50      p95 ms      of export_jobs, ms")
    for name, ask, question in QUESTIONS:
        ask(asked, ports)
        took = sorted(1000 * timed(lambda ask=ask: ask(asked, ports)) for _ in range(ROUNDS))
        direct = statistics.median(1000 * asked_directly(patient, question, asked) for _ in range(DIRECT_ROUNDS))
        print(f"{name:42}{statistics.median(took):7.1f}{took[int(0.95 * ROUNDS)]:9.1f}{direct:16.0f}")


def asked_directly(patient: Engine, question: str, days: Days) -> float:
    ended = "SELECT * FROM export_jobs WHERE completed_at >= :since AND completed_at < :until"
    with patient.begin() as connection:
        words = {"since": days.span.since, "until": days.span.until}
        query = text(f"WITH ended AS NOT MATERIALIZED ({ended}) {question}")
        return timed(lambda: connection.execute(query, words).all())


def endings(engine: Engine) -> None:
    """What a completion takes, in turns of a hundred, with the trigger and without."""
    store = PostgresJobStore(engine)
    took: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * ENDINGS // 100):
        is_on = turn % 2 == 0
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE export_jobs {'ENABLE' if is_on else 'DISABLE'} TRIGGER roll_up"))
        took[is_on] += [1000 * one_ending(store, place) for place in range(100)]
    print("\ncompleting a job, ms: p50, p95")
    for is_on, name in ((True, "with roll-up"), (False, "without")):
        ordered = sorted(took[is_on])
        print(f"{name:40}{statistics.median(ordered):7.2f}{ordered[int(0.95 * len(ordered))]:9.2f}")


def one_ending(store: PostgresJobStore, place: int) -> float:
    new = new_job(f"person {place % 20}")
    job = store.add(new, entry(new))
    store.claim(job.id, 1, run_id="r", now=NOON)
    ended_at = NOON + timedelta(seconds=place)
    return timed(
        lambda: store.complete(job.id, 1, stored_file(), now=ended_at, expires_at=ended_at, recipients=job.recipients)
    )


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
