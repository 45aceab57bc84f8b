"""The outbound calls of a Portuguese bank, loaded as events, told by the API over Postgres."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median

import duckdb
import pytest

from exports_api.app import create_app
from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.journey_reader import PostgresJourneyStore
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.core.event import Event
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.journeys import empty

CALLS = """
    SELECT call_seq, derived_date, duration, y, job FROM '{folder}/bank_marketing/bank_full.parquet'
    WHERE derived_month BETWEEN '2009-03-01' AND '2009-06-01' ORDER BY call_seq"""
MAY = {"from": "2009-05-01", "to": "2009-05-31", "granularity": "month"}
JUNE = {"from": "2009-06-01", "to": "2009-06-30", "granularity": "month"}
BANK = "/api/analytics/campaigns/deposits%2F2009"


def events_of(call, day, duration, outcome, job):
    """A conversation when the day begins, and the customer's decision when it ends."""
    began = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    label = "yes" if outcome else "no"
    talk = Event(
        id=f"call-{call}",
        event_type="conversation",
        label=label,
        value=Decimal(duration),
        occurred_at=began,
        campaign="deposits/2009",
        customer=f"customer-{call}",
        metadata=f'{{"segment": "{job}"}}',
    )
    return [
        talk,
        replace(talk, id=f"intent-{call}", event_type="intent", occurred_at=began + timedelta(seconds=duration)),
    ]


@pytest.fixture
def calls(shared_data):
    return duckdb.sql(CALLS.format(folder=shared_data)).fetchall()


@pytest.fixture
def bank(events_engine, calls, ports, settings):
    """A client of the API over Postgres, after all calls were rolled up."""
    empty(events_engine)
    events = [event for call in calls for event in events_of(*call)]
    store = PostgresEventStore(events_engine)
    for begin in range(0, len(events), 5_000):
        store.add("ann", events[begin : begin + 5_000], now=NOON, replace=False)
    metrics = read_metrics()
    rules = read_campaign_rules(None, metrics)
    stored = PostgresMetricStore(events_engine, metrics, also=[JourneyRollup(rules.funnel)])
    assert stored.roll_up(NOON).events == len(events)
    ports = replace(ports, metrics=stored, campaign_rules=rules, journeys=PostgresJourneyStore(events_engine))
    return ApiClient(create_app(ports, settings))


def test_figures_funnel_and_days_are_those_of_the_file(bank, calls):
    assert_figures(bank, calls)
    assert_funnel(bank, calls)
    assert_sums(bank)


def assert_figures(bank, calls):
    may = bank.get(BANK, params=MAY).json()["totals"]
    before = sum(1 for call in calls if call[1].isoformat() == "2009-03-31" or call[1].month == 4)
    assert may["conversations"]["value"] == may["intents"]["value"] == 5_575
    assert may["conversations"]["previous"] == before
    labels = {each["label"]: each for each in bank.get(f"{BANK}/intents", params=MAY).json()["labels"]}
    assert labels["yes"]["count"]["value"] == 533
    assert labels["yes"]["share"]["value"] == round(533 / 5_575, 6)
    june = {each["label"]: each for each in bank.get(f"{BANK}/intents", params=JUNE).json()["labels"]}
    assert june["yes"]["count"]["value"] == 241
    assert bank.get(BANK, params=JUNE).json()["totals"]["conversations"]["value"] == 642
    assert may["customers"]["value"] == pytest.approx(5_575, rel=0.05)


def assert_funnel(bank, calls):
    steps = bank.get(f"{BANK}/journey", params=MAY).json()["steps"]
    assert [step["count"] for step in steps] == [5_575, 533, 0]
    assert steps[1]["total_conversion"] == round(533 / 5_575, 6)
    of_yes = [duration for _, day, duration, outcome, _ in calls if outcome and day.month == 5]
    assert steps[1]["median_seconds_since_previous"] == pytest.approx(median(of_yes), rel=0.01)
    students = bank.get(f"{BANK}/journey", params=MAY | {"segment": "student"}).json()["steps"]
    of_may = [call for call in calls if call[1].month == 5 and call[4] == "student"]
    assert [step["count"] for step in students] == [len(of_may), sum(call[3] for call in of_may), 0]


def assert_sums(bank):
    (item,) = bank.get("/api/analytics/campaigns", params=MAY).json()["items"]
    assert item == bank.get(BANK, params=MAY).json()["totals"]
    days = bank.get(BANK, params=MAY | {"granularity": "day", "timezone": "America/St_Johns"}).json()["series"]
    assert len(days) == 31
    assert sum(day["conversations"] for day in days) == 5_575
