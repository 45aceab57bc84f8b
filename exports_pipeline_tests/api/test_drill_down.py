"""From a bar to its jobs: every figure of the insights carries the address of a list of exactly as many jobs."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from exports_api.app import create_app
from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.insights import Facet
from exports_pipeline_tests.adapters.ledger_play import START, lived_through
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.fakes.ports import fake_ports

INSIGHTS = "/api/analytics/insights"
RANGE = f"from={START}&to={START + timedelta(days=50)}"


FILTERS = {
    "dataset": ["sales", "airports"],
    "type": ["export", "report"],
    "format": ["csv", "pdf"],
    "tag": ["finance", "travel", ""],
    "destination": ["manual", "email"],
    "list": ["l1", ""],
    "plan": ["spring", ""],
    "status": ["completed", "failed", "cancelled"],
    "error": ["query_failed", ""],
}
ASKED = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FILTERS.items()})
FACETS = st.lists(st.sampled_from(list(Facet)), min_size=1, max_size=3, unique=True)
ZONES = st.sampled_from(["UTC", "Europe/Prague", "Asia/Kathmandu", "America/St_Johns"])


@pytest.fixture
def people(engine, settings):
    """An administrator and Ann, of a ledger that lived through everything."""
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE job_kinds, job_rollups, job_tail, opening_rollups RESTART IDENTITY"))
    lived_through(engine, jobs=60, steps=350)
    ports = replace(fake_ports(), jobs=PostgresJobStore(engine), insights=PostgresInsights(engine))
    app = create_app(ports, settings, dispatch_soon=lambda: None)
    return ApiClient(app, user="root", permissions=("MANAGE_EXPORTS",)), ApiClient(app)


def listed(client, link):
    page = client.get(f"{link}&limit=200").json()
    assert page["next_cursor"] is None
    return len({each["job_id"] for each in page["items"]})


@pytest.mark.parametrize("place", [0, 1], ids=["administrator", "ann"])
def test_the_list_behind_every_bar_is_as_long_as_the_bar(people, place):
    client = people[place]
    for query in (
        f"counts?{RANGE}&by=tag",
        f"counts?{RANGE}&by=destination&by=format",
        f"counts?{RANGE}&by=plan&by=list&by=tag&limit=40",
        f"counts?{RANGE}&by=user&by=status",
        f"counts?{RANGE}&by=error&type=export",
        f"counts?{RANGE}&by=dataset&plan=&timezone=Asia/Kathmandu",
        f"volume?{RANGE}&timezone=Europe/Prague&by=format",
    ):
        told = client.get(f"{INSIGHTS}/{query}").json()
        bars = [part for each in told["items"] for part in (each, *each.get("parts", ()))]
        assert sum(bar["count"] for bar in bars) > 0
        assert [listed(client, bar["jobs"]) for bar in bars[:25]] == [bar["count"] for bar in bars[:25]], query


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=ASKED, by=FACETS, zone=ZONES, weekly=st.booleans(), place=st.sampled_from([0, 1]))
def test_whatever_is_asked_for_the_list_behind_a_bar_is_as_long(people, filters, by, zone, weekly, place):
    client = people[place]
    days = {"from": str(START), "to": str(START + timedelta(days=50)), "timezone": zone}
    path, by = ("volume", by[:1]) if weekly else ("counts", by)
    told = client.get(f"{INSIGHTS}/{path}?{urlencode(filters | days | {'by': by, 'limit': 5}, doseq=True)}").json()
    bars = [bar for each in told["items"] for bar in (each, *each.get("parts", ())) if bar["count"]][:6]
    assert [listed(client, bar["jobs"]) for bar in bars] == [bar["count"] for bar in bars]
    if not weekly:
        assert told["total"]["count"] == listed(client, told["total"]["jobs"])


def test_who_asks_for_one_destination_is_told_of_that_one(people):
    """A job that went to two would stand in a bar whose list has others that went to the second alone."""
    admin, _ = people
    for facet, value in (("destination", "email"), ("tag", "finance")):
        told = admin.get(f"{INSIGHTS}/counts?{RANGE}&by={facet}&{facet}={value}").json()
        assert [bar["key"] for bar in told["items"]] == [{facet: value}]
        assert told["items"][0]["count"] == told["total"]["count"] > 0


def test_totals_lead_to_their_jobs_and_agree_with_each_other(people):
    admin, ann = people
    whole, mine = (client.get(f"{INSIGHTS}/overview?{RANGE}").json() for client in people)
    assert whole["count"] == listed(admin, whole["jobs"]) > mine["count"] == listed(ann, mine["jobs"]) > 0
    assert admin.get(f"{INSIGHTS}/overview?{RANGE}&user={user_id('ann')}").json()["rows"] == mine["rows"]
    weeks = admin.get(f"{INSIGHTS}/volume?{RANGE}").json()["items"]
    total = admin.get(f"{INSIGHTS}/counts?{RANGE}&by=format").json()["total"]
    for figure in ("count", "rows", "bytes", "failed"):
        assert sum(week[figure] for week in weeks) == total[figure] == whole[figure]
    assert whole["run_s"]["p95"] >= whole["run_s"]["p50"] > 0


def test_the_largest_results_are_told_with_their_plans_and_filters(people):
    admin, _ = people
    items = admin.get(f"{INSIGHTS}/recent?{RANGE}&limit=5&plan=spring").json()["items"]
    assert [each["rows"] for each in items] == sorted((each["rows"] for each in items), reverse=True)
    assert {each["labels"]["plan"] for each in items} == {"spring"}
    job = admin.get(items[0]["href"]).json()
    assert (job["row_count"], job["file_size_bytes"]) == (items[0]["rows"], items[0]["bytes"])
    assert items[0]["filters"] == job["filters"]


def test_storage_is_told_with_a_price(people):
    admin, _ = people
    told = admin.get(f"{INSIGHTS}/storage").json()
    assert told["bytes"] == sum(each["bytes"] for each in told["items"]) > 0
    assert told["cost"]["currency"] == "USD"
