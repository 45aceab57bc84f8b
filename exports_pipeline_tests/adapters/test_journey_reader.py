"""Cohorts read in any time zone are those of the journeys themselves."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from exports_pipeline.adapters.journey_reader import PostgresJourneyStore
from exports_pipeline.core.bucket import buckets_between
from exports_pipeline.core.histogram import packed
from exports_pipeline.core.journey import durations
from exports_pipeline.core.metric import ASKED
from exports_pipeline_tests.journeys import START, add, an_event, direct, empty, roll_up

FIRST, LAST = date(2026, 3, 6), date(2026, 4, 7)
ZONES = ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "America/New_York"]


@pytest.fixture
def told(events_engine):
    """A month of journeys, around the days on which clocks change, and what they are."""
    empty(events_engine)
    random = Random(7)  # noqa: S311 - events are no secrets
    events = [
        an_event(
            random.choice(["conversation", "intent", "lead"]),
            label="yes",
            customer=f"c{random.randrange(80)}",
            campaign=random.choice(["spring", "autumn"]),
            metadata=random.choice([{}, {"segment": "gold"}]),
            occurred_at=START + timedelta(minutes=random.randrange(-30_000, 15_000)),
        )
        for _ in range(500)
    ]
    add(events_engine, *events)
    roll_up(events_engine)
    return [story for (_, campaign, _), story in direct(events).items() if campaign == "spring"]


@pytest.mark.parametrize("zone", ZONES)
def test_cohorts_of_any_zone_are_those_of_the_journeys(events_engine, told, zone):
    for granularity in ASKED:
        assert_cohorts_in(zone, granularity, told, PostgresJourneyStore(events_engine))


def assert_cohorts_in(zone, granularity, told, store):
    buckets = tuple(buckets_between(FIRST, LAST, granularity, ZoneInfo(zone)))
    for segments in (None, ["gold"], ["", "silver"]):
        reached = store.reached("acme", "spring", buckets, steps=3, segments=segments)
        whole = replace(buckets[0], until=buckets[-1].until)
        counts, taken = [[0] * 3 for _ in buckets], defaultdict(list)
        for segment, times in told:
            place = next((n for n, bucket in enumerate(buckets) if bucket.since <= times[0] < bucket.until), None)
            if place is None or (segments is not None and segment not in segments):
                continue
            for step, since, duration in durations(times):
                taken[step, since].append(duration)
            for step in range(len(times)):
                counts[place][step] += 1
        assert [list(each) for each in reached] == counts
        found = store.durations("acme", "spring", whole, segments=segments)
        assert found == {key: packed(each) for key, each in taken.items()}
        assert sum(each[0] for each in counts) > 5


def test_campaigns_are_those_of_the_tenant(events_engine, told):
    store = PostgresJourneyStore(events_engine)
    assert store.campaigns("acme") == ["autumn", "spring"]
    assert store.campaigns("bob") == []
    assert store.knows("acme", "spring")
    assert not store.knows("acme", "winter")
    assert not store.knows("bob", "spring")
