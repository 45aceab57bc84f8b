"""Claim: with 10 million events stored, every question about campaigns and activity is answered within 20 ms (p95).

`python -m benchmarks.campaigns [--events 10000000] [--days 365] [--home FOLDER] [--entries 1000000]` loads a history of
events (see `benchmarks/event_history.py`) and entries of the audit log, and prints the milliseconds of the API's
answers in this process, beside the same question asked of the raw events or entries in the same run.
"""

import argparse
import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine, text

from benchmarks.answered import Asked, print_answers
from benchmarks.event_history import NOW, add_arguments, history, timed
from exports_pipeline.adapters.activity_store import PostgresActivityStore
from exports_pipeline.adapters.journey_reader import PostgresJourneyStore
from exports_pipeline_tests.fakes.clock import FakeClock
from exports_pipeline_tests.fakes.ports import fake_ports

PEOPLE = 200
"""Some of whom do much more than others."""
USERS = """
    INSERT INTO users (id, owner_key, created_at, seen_at)
    SELECT CAST(md5(u::text) AS uuid), 'team ' || u % 20, :now, :now FROM generate_series(0, :people - 1) AS u"""
ENTRIES = """
    INSERT INTO audit_log (at, actor, action, details)
    SELECT CAST(:now AS timestamptz) - n * 7919 % :entries * (interval '365 days' / :entries),
           CAST(md5((n % :people * (n / :people % :people) / :people)::text) AS uuid),
           (ARRAY['export.requested', 'export.download_link', 'report.requested', 'link.opened'])[1 + n * 11 / 7 % 4],
           '{}'
    FROM generate_series(CAST(1 AS bigint), :entries) AS n"""


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
    of_events("all campaigns, 30 days, Prague", "", "count(*)", days=30, zone="Europe/Prague", group="campaign"),
    of_events("one campaign, 30 days", "/campaign 3", "count(*), count(DISTINCT customer)", days=30),
    of_events("all campaigns, 90 days, Kolkata", "", "count(*)", days=90, zone="Asia/Kolkata", group="campaign"),
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
    add_arguments(parser)
    parser.add_argument("--entries", type=int, default=1_000_000, help="of the audit log")
    arguments = parser.parse_args()
    with history(arguments) as stored:
        enter(stored.patient, arguments.entries)
        ports = replace(
            fake_ports(),
            metrics=stored.metrics,
            campaign_rules=stored.rules,
            journeys=PostgresJourneyStore(stored.engine),
            activity=PostgresActivityStore(stored.engine),
            clock=FakeClock(NOW),
        )
        asyncio.run(print_answers(ports, stored.patient, QUESTIONS))


def enter(engine: Engine, entries: int) -> None:
    """Enter so much that people did into the audit log, unless it is there, and roll it up."""
    with engine.begin() as connection:
        if connection.execute(text("SELECT EXISTS (SELECT FROM audit_log)")).scalar_one():
            return
        connection.execute(text(USERS), {"now": NOW, "people": PEOPLE})
        connection.execute(text(ENTRIES), {"now": NOW, "entries": entries, "people": PEOPLE})
    seconds, _ = timed(PostgresActivityStore(engine).roll_up)
    print(f"{entries:,} entries of the audit log rolled up in {seconds:.0f} s", flush=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE audit_log, activity_rollups, activity_tail")


if __name__ == "__main__":
    main()
