"""Claim: behind the second wall questions take little longer than as the owner of the tables, and events come as fast.

`python -m benchmarks.second_wall [--jobs 1000000] [--days 730] [--rounds 40]` fills a Postgres of its own with a ledger
as in `benchmarks/insights.py` and prints, asked by turns in one run: the p50 of each question as the owner, as somebody
who manages exports behind the wall, and the ratio; of one user's own figures and of a look at a job likewise; and how
many events a second are stored by COPY as the owner, through a temporary table, and so by a tenant behind the wall.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import Engine, text

from exports_pipeline.adapters import event_store
from exports_pipeline.adapters.acting import NOBODY, Acting, act_as
from exports_pipeline.adapters.event_rows import COPY_EVENTS
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.event import Event
from exports_pipeline.core.insights import Facet
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.time_spans import days_between
from exports_pipeline.local.ledger import let_in
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part, role_url
from exports_pipeline.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.insights import QUESTIONS, SOMEBODY, bars, fill, timed
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.started_part import started

EVENTS, ROUNDS_OF_EVENTS = 10_000, 7
DIRECTLY = {
    "MAKE_WAITING": "SELECT 1",
    "COPY_EVENTS": COPY_EVENTS.replace("waiting_events", "analytics_events"),
    "STORE_WAITING": "SELECT 1",
}
"""How events were stored while nothing stood between."""
MANAGER, PERSON = requester("root", "MANAGE_EXPORTS"), requester("person 7")
OWN = bars(Facet.DATASET, jobs=JobFilter(user_id=SOMEBODY))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        port = remembered_port(home, "postgres")
        with started(postgres_part(home, port), home):
            url, api = database_url(home, port), role_url(home, port, "exports_api")
            fill(url, arguments.jobs, arguments.days)
            let_in(Settings(database_url=url, api_database_url=api))
            owner, walled = make_engine(url), make_engine(api, is_walled=True)
            print(f"\n{'p50 in ms':40}   owner   walled   ratio")
            ask_all(owner, walled, arguments.rounds)
            look(owner, walled, arguments.rounds)
            send_events(owner, walled)
            owner.dispose()
            walled.dispose()


def ask_all(owner: Engine, walled: Engine, rounds: int) -> None:
    days = days_between(NOON.date() - timedelta(days=89), NOON.date(), "UTC")
    of_engine = {
        each: replace(fake_ports(), insights=PostgresInsights(each), clock=lambda: NOON) for each in (owner, walled)
    }
    asked = [(name, ask, MANAGER) for name, ask, _ in QUESTIONS] + [("one's own, by dataset", OWN, PERSON)]
    for name, ask, who in asked:
        compare(name, lambda each, ask=ask: ask(days, of_engine[each]), owner, walled, who, rounds)


def look(owner: Engine, walled: Engine, rounds: int) -> None:
    with owner.connect() as connection:
        job_id = connection.execute(
            text("SELECT id FROM export_jobs WHERE requester = :user LIMIT 1"), {"user": SOMEBODY}
        ).scalar_one()
    stores = {each: PostgresJobStore(each) for each in (owner, walled)}
    compare("a look at a job", lambda each: stores[each].look([job_id], slots=2), owner, walled, PERSON, 20 * rounds)


def compare(
    name: str, ask: Callable[[Engine], object], owner: Engine, walled: Engine, who: object, rounds: int
) -> None:
    took: dict[Engine, list[float]] = {owner: [], walled: []}
    act_as(Acting.of(who))
    for _ in range(rounds + 1):
        for each, times in took.items():
            times.append(1000 * timed(lambda each=each: ask(each)))
    act_as(NOBODY)
    before, behind = (statistics.median(times[1:]) for times in took.values())
    print(f"{name:40}{before:8.2f}{behind:9.2f}{behind / before:8.2f}")


def send_events(owner: Engine, walled: Engine) -> None:
    ways = {
        "events by COPY, as the owner": (owner, DIRECTLY),
        "events by COPY and INSERT, as the owner": (owner, {}),
        "events by COPY and INSERT, walled": (walled, {}),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    act_as(Acting.of(requester("t")))
    for _ in range(ROUNDS_OF_EVENTS + 1):
        for name, (engine, words) in ways.items():
            events = [Event(id=str(uuid4()), event_type="call", occurred_at=NOON, customer="c") for _ in range(EVENTS)]
            store = PostgresEventStore(engine)
            with patch.multiple(event_store, **words) if words else nullcontext():
                took[name].append(timed(lambda: store.add("t", events, now=NOON, replace=False)))  # noqa: B023 - called at once, before the next round
    act_as(NOBODY)
    for name, times in took.items():
        print(f"{name:40}{EVENTS / statistics.median(times[1:]):10,.0f} a second")


if __name__ == "__main__":
    main()
