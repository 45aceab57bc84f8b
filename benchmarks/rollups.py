"""Claim: with 10 million events stored, rolling up 10,000 new ones takes at most a second, and reading 20 ms.

`python -m benchmarks.rollups [--events 10000000] [--days 365] [--home FOLDER]` loads a history of events (see
`benchmarks/event_history.py`), prints the seconds of roll-ups of 10,000 more events of ten minutes, of an hour, and of
late ones of all days, with the journeys that follow; and the milliseconds of questions to the API in this process,
beside the same questions asked of the raw events. In the end stored buckets are compared with their events.
"""

import argparse
import asyncio
import statistics
import time
from dataclasses import replace
from datetime import timedelta

from benchmarks.answered import Asked, print_answers
from benchmarks.event_history import NOW, TENANT, History, add_arguments, fill, history, timed
from exports_pipeline_tests.fakes.clock import FakeClock
from exports_pipeline_tests.fakes.ports import fake_ports

METRICS = "/api/analytics/metrics"
ROUNDS, FRESH, CHECKED = 5, 10_000, 50


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
        WHERE tenant = '{TENANT}' AND {kind} AND {f"campaign = '{campaign}'" if campaign else "true"}
            AND occurred_at >= timestamp '{days_ago(days - 1)}' AT TIME ZONE '{zone}'
            AND occurred_at < (timestamp '{days_ago(0)}' + interval '1 day') AT TIME ZONE '{zone}' GROUP BY 1, 2"""
    return Asked(what, path, raw)


CALLS, LENGTH, PEOPLE = "conversations", "conversation_length", "customers"
ONE, DISTINCT = "campaign 5", "count(DISTINCT customer)"
QUESTIONS = (
    asked_of("conversations, 90 days", CALLS, "count(*)", days=90),
    asked_of("conversations, 12 months by campaign", CALLS, "count(*)", days=365, bucket="month", by="campaign"),
    asked_of("conversations, 7 days by the hour", CALLS, "count(*)", days=7, bucket="hour"),
    asked_of("conversations, 90 days in Kolkata", CALLS, "count(*)", days=90, zone="Asia/Kolkata"),
    asked_of("conversations, 90 days in New York", CALLS, "count(*)", days=90, zone="America/New_York"),
    asked_of("of a campaign, 90 days in Kolkata", CALLS, "count(*)", days=90, zone="Asia/Kolkata", campaign=ONE),
    asked_of("intents, 30 days by label", "intents", "count(*)", days=30, by="label"),
    asked_of("mean length, 90 days of a campaign", LENGTH, "avg(value)", days=90, campaign=ONE),
    asked_of("customers, 30 days", PEOPLE, DISTINCT, days=30),
    asked_of("customers, 30 days of a campaign", PEOPLE, DISTINCT, days=30, campaign=ONE),
    asked_of("customers, 12 months", PEOPLE, DISTINCT, days=365, bucket="month"),
    asked_of("customers, 12 months by campaign", PEOPLE, DISTINCT, days=365, bucket="month", by="campaign"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    with history(arguments) as stored:
        roll_ups(stored, timedelta(days=arguments.days))
        ports = replace(fake_ports(), metrics=stored.metrics, clock=FakeClock(NOW))
        asyncio.run(print_answers(ports, stored.patient, QUESTIONS))
        differing = stored.metrics.check(buckets=CHECKED, seed=1)
        print(f"\n{CHECKED} buckets compared with their events: {len(differing)} figures differ")


def roll_ups(stored: History, span: timedelta) -> None:
    """What it costs to roll up ten thousand new events, and to tell their journeys."""
    print(f"\nroll-up of {FRESH:,} new events, medians of {ROUNDS}")
    for what, ago in (
        ("of ten minutes", timedelta(minutes=10)),
        ("of an hour", timedelta(hours=1)),
        ("late ones, of all days", span),
    ):
        figures, buckets = [], 0
        for _ in range(ROUNDS):
            fill(stored.patient, FRESH, name=f"{what} {time.time_ns()} ", since=NOW - ago, until=NOW)
            seconds, done = timed(lambda: stored.metrics.roll_up(NOW))
            assert done.events == FRESH, done
            figures.append(seconds)
            buckets = done.buckets
        print(f"{what:44}{statistics.median(figures):8.2f} s, at most {max(figures):.2f} s ({buckets:,} buckets)")


if __name__ == "__main__":
    main()
