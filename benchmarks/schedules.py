"""Claim: a tick over 10,000 active schedules costs at most 200 ms of database and Python time.

`python benchmarks/schedules.py [--schedules 10000]` starts a Postgres of its own and prints the median milliseconds of
a tick with nothing due and with 100 windows due, beside the naive way in the same run: read every active schedule, and
ask its cron expression whether it is due, with our engine and with croniter. Then it plays a stampede: 1,000 daily
schedules of one time, of which it prints how many start in each minute, and how evenly their owners are served.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from croniter import croniter
from sqlalchemy import Engine, insert, select

from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.schedule_rows import row_of_schedule, schedule_of
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.adapters.tables import schedules, users
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recurrence import next_window
from exports_pipeline.core.schedule import Schedule, scheduled
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring

sys.path.insert(0, str(Path(__file__).parents[1]))
from exports_pipeline_tests.builders import a_schedule, requester
from exports_pipeline_tests.fakes.clock import NOON, FakeClock
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.started_part import started

Result = TypeVar("Result")
OWNERS, TICKS, DUE = 200, 15, 100
SPREAD = timedelta(minutes=5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        port = remembered_port(home, "postgres")
        with started(postgres_part(home, port), home):
            url = database_url(home, port)
            migrate(url)
            engine = make_engine(url)
            fill(engine, [daily(place, hour=20) for place in range(arguments.schedules)])
            ports = wired(engine)
            print(f"{arguments.schedules:,} active schedules, medians of {TICKS}")
            tell("nothing due", lambda: enqueue_recurring(ports))
            tell("nothing due, naively with our engine", lambda: naive(engine, ports, by_ours))
            tell("nothing due, naively with croniter", lambda: naive(engine, ports, by_croniter), ticks=3)
            show(f"{DUE} due: {DUE} jobs in the ledger", [due_tick(engine, ports, place) for place in range(TICKS)])
            stampede(engine, ports)
            engine.dispose()


def wired(engine: Engine) -> ExportPorts:
    ports = fake_ports()
    return replace(
        ports,
        jobs=PostgresJobStore(engine),
        users=PostgresUserStore(engine),
        schedules=PostgresScheduleStore(engine),
        audit=PostgresAuditLog(engine),
        limits=replace(ports.limits, schedule_spread=SPREAD),
    )


def daily(place: int, *, hour: int, minute: int | None = None) -> Schedule:
    cron = f"{place % 60 if minute is None else minute} {hour} * * *"
    schedule = a_schedule(f"owner {place % OWNERS}", id=uuid4(), cron=cron, timezone="Europe/Prague")
    return scheduled(schedule, now=NOON, most_spread=SPREAD)


def fill(engine: Engine, found: list[Schedule]) -> None:
    people = [requester(f"owner {place}") for place in range(OWNERS)]
    known = [
        {"id": each.user_id, "owner_key": each.owner_key, "permissions": [], "created_at": NOON, "seen_at": NOON}
        for each in people
    ]
    with engine.begin() as connection:
        if connection.execute(select(users.c.id).limit(1)).first() is None:
            connection.execute(insert(users), known)
        connection.execute(insert(schedules), [row_of_schedule(each) for each in found])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE schedules")  # as autovacuum does within its minute


def naive(engine: Engine, ports: ExportPorts, is_due: Callable[[Schedule, datetime], bool]) -> int:
    """What is due, by asking every schedule."""
    with engine.begin() as connection:
        rows = connection.execute(select(schedules).where(schedules.c.is_active)).mappings().all()
    return sum(is_due(schedule_of(row), ports.clock()) for row in rows)


def by_ours(schedule: Schedule, now: datetime) -> bool:
    due_at = next_window(schedule.parsed_cron, schedule.zone, after=now - timedelta(minutes=1))
    return due_at is not None and due_at <= now


def by_croniter(schedule: Schedule, now: datetime) -> bool:
    local = (now - timedelta(minutes=1)).astimezone(schedule.zone)
    due_at: datetime = croniter(schedule.cron, local).get_next(datetime)
    return due_at <= now


def due_tick(engine: Engine, ports: ExportPorts, place: int) -> tuple[float, float]:
    """What a tick takes at which the turn of a hundred schedules has come."""
    turn = ports.clock() - timedelta(seconds=1)
    found = [daily(each, hour=12) for each in range(DUE)]
    yesterday = [
        replace(each, cron=f"{place} 12 * * *", planned_until=NOON - timedelta(days=1), next_due_at=turn)
        for each in found
    ]
    fill(engine, yesterday)
    took, tick = timed(lambda: enqueue_recurring(ports))
    assert (tick.due, tick.started) == (DUE, DUE), tick
    return took


def stampede(engine: Engine, ports: ExportPorts) -> None:
    fill(engine, [daily(place, hour=18, minute=0) for place in range(1_000)])
    clock = FakeClock(NOON.replace(hour=17))
    ticking, starts = replace(ports, clock=clock, pause=clock.pause), []
    figures = []
    for _ in range(6):
        took, tick = timed(lambda: enqueue_recurring(ticking))
        figures.append(took)
        starts.append(tick.started)
        clock.advance(60)
    ours = ticking.jobs.reserve(slots=10_000, now=clock())
    line = [job.requester.owner_key for job in ours if job.schedule and job.schedule.due_at == NOON.replace(hour=17)]
    print(f"\nstampede of 1,000: started by minute {starts}")
    show("a tick of the stampede", figures[1:])
    print(
        f"jobs of each of {len(Counter(line))} owners: {min(Counter(line).values())} to {max(Counter(line).values())}"
    )


def tell(what: str, work: Callable[[], object], *, ticks: int = TICKS) -> None:
    work()
    show(what, [timed(work)[0] for _ in range(ticks)])


def timed(work: Callable[[], Result]) -> tuple[tuple[float, float], Result]:
    """Seconds by the clock and of our own CPU, and what came out."""
    began, began_cpu = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - began, time.process_time() - began_cpu), result


def show(what: str, figures: list[tuple[float, float]]) -> None:
    seconds, cpu_s = (1000 * statistics.median(each) for each in zip(*figures, strict=True))
    print(f"{what:44}{seconds:9.1f} ms, {cpu_s:7.1f} ms of them in Python")


if __name__ == "__main__":
    main()
