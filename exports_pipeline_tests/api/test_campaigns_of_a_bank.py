"""The outbound calls of a Portuguese bank, loaded by the command line, told by the API over Postgres."""

import json
from dataclasses import replace
from pathlib import Path
from statistics import median

import duckdb
import pytest
from typer.testing import CliRunner

from exports_api.app import create_app
from exports_api.cli.main import app as cli
from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.journey_reader import PostgresJourneyStore
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline_tests.api_client import ApiClient, token_of
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.journeys import empty

CALLS = """
    SELECT call_seq, derived_date, duration, y, job FROM '{folder}/bank_marketing/bank_full.parquet'
    WHERE derived_month BETWEEN '2009-03-01' AND '2009-06-01' ORDER BY call_seq"""
MAY = {"from": "2009-05-01", "to": "2009-05-31", "granularity": "month"}
JUNE = {"from": "2009-06-01", "to": "2009-06-30", "granularity": "month"}
BANK = "/api/analytics/campaigns/deposits%2F2009"


PAGE = (Path(__file__).parents[2] / "docs/campaigns.md").read_text(encoding="utf-8")


@pytest.fixture
def calls(shared_data):
    return duckdb.sql(CALLS.format(folder=shared_data)).fetchall()


@pytest.fixture
def bank(events_engine, calls, ports, settings, shared_data, tmp_path):
    """A client of the API over Postgres, after the calls were loaded as docs/campaigns.md says, and rolled up."""
    empty(events_engine)
    metrics = read_metrics()
    rules = read_campaign_rules(None, metrics)
    stored = PostgresMetricStore(events_engine, metrics, also=[JourneyRollup(rules.funnel)])
    ports = replace(
        ports,
        events=PostgresEventStore(events_engine),
        limits=replace(ports.limits, event_months=240),
        metrics=stored,
        campaign_rules=rules,
        journeys=PostgresJourneyStore(events_engine),
    )
    app = create_app(ports, settings)
    file = made_of(shared_data / "bank_marketing/bank_full.parquet", tmp_path / "calls.parquet")
    with served(app) as url:
        assert load(file, url) == {"accepted": 2 * len(calls), "duplicates": 0, "replaced": 0, "rejected_count": 0}
    assert stored.roll_up(NOON).events == 2 * len(calls)
    return ApiClient(app)


def made_of(calls, file):
    """The file of events that the query of the page makes."""
    query = PAGE.partition("```sql\n")[2].partition("```")[0]
    with duckdb.connect() as connection:
        connection.execute(query.replace("bank_full.parquet", str(calls)).replace("calls.parquet", str(file)))
    return file


def load(file, url):
    """What became of the events, by the command of the page."""
    [words] = [line.split()[4:] for line in PAGE.splitlines() if line.startswith("exports events load calls.parquet ")]
    words += ["--url", url, "--token", token_of("ann"), "--json"]
    answer = CliRunner().invoke(cli, ["events", "load", str(file), *words])
    assert answer.exit_code == 0, answer.stderr
    return {name: count for name, count in json.loads(answer.stdout).items() if name != "rejected"}


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
