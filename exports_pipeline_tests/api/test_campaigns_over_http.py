"""Campaigns over HTTP: figures, comparisons, funnel and intents, over events in memory."""

from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from exports_pipeline.core.event_months import first_kept
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.campaign_events import ODD, at, campaign_events
from exports_pipeline_tests.events import Event

CAMPAIGNS = "/api/analytics/campaigns"
MARCH = {"from": "2026-03-01", "to": "2026-03-10"}


@pytest.fixture
def ports(ports):
    """Conversations of ann's in March, two of which lead somewhere, and one of the days before."""
    ports.metrics.events += campaign_events()
    return ports


def one(ann, rest="", **params):
    answer = ann.get(f"{CAMPAIGNS}/{quote(ODD, safe='')}{rest}", params=MARCH | params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_campaign_is_told_beside_as_many_days_before(ann):
    totals = one(ann)["totals"]
    assert totals == {
        "campaign": ODD,
        "conversations": {"value": 3, "previous": 1, "change": 2.0},
        "intents": {"value": 4, "previous": 1, "change": 3.0},
        "intent_rate": {"value": 1.333333, "previous": 1.0, "change": 0.333333},
        "engagement": {"value": 1, "previous": 0, "change": None},
        "engagement_rate": {"value": 0.333333, "previous": 0.0, "change": None},
        "customers": {"value": 3, "previous": 1, "change": 2.0},
    }


def test_its_series_has_every_day_empty_ones_too(ann):
    series = one(ann)["series"]
    assert [point["start"] for point in series[:2]] == ["2026-03-01", "2026-03-02"]
    assert [point["conversations"] for point in series] == [0, 2, 0, 0, 0, 0, 0, 0, 1, 0]
    in_prague = one(ann, timezone="Europe/Prague")["series"]
    assert [point["conversations"] for point in in_prague] == [0, 1, 1, 0, 0, 0, 0, 0, 1, 0]


def test_the_funnel_tells_counts_conversions_and_medians_by_cohort(ann):
    story = one(ann, "/journey")
    assert [step["count"] for step in story["steps"]] == [3, 2, 1]
    assert [step["step_conversion"] for step in story["steps"]] == [None, 0.666667, 0.5]
    assert [step["total_conversion"] for step in story["steps"]] == [1.0, 0.666667, 0.333333]
    first, second, third = story["steps"]
    assert first["median_seconds_since_previous"] is None
    assert second["median_seconds_since_previous"] == pytest.approx(2 * 3600, rel=0.01)
    assert third["median_seconds_since_previous"] == pytest.approx(47 * 3600, rel=0.01)
    assert third["median_seconds_since_first"] == pytest.approx(48 * 3600, rel=0.01)
    assert second["series"] == [0, 2, 0, 0, 0, 0, 0, 0, 0, 0]
    assert story["window_seconds"] == 30 * 86_400


def test_intents_are_told_by_label_with_those_of_before(ann):
    story = one(ann, "/intents")
    assert story["total"] == {"value": 4, "previous": 1, "change": 3.0}
    labels = {label["label"]: label for label in story["labels"]}
    assert list(labels) == ["interested", "no", "qualified", "angry"]
    assert labels["interested"]["share"] == {"value": 0.5, "previous": 0.0, "change": None}
    assert labels["interested"]["rate"]["value"] == 0.666667
    assert labels["angry"]["count"] == {"value": 0, "previous": 1, "change": -1.0}
    assert sum(labels["interested"]["series"]) == 2


def test_segments_are_asked_for_by_name_and_the_empty_one_too(ann):
    assert one(ann, segment="gold")["totals"]["conversations"]["value"] == 1
    assert one(ann, segment="")["totals"]["conversations"]["value"] == 2
    assert one(ann, segment=["", "gold"])["totals"]["conversations"]["value"] == 3
    assert [step["count"] for step in one(ann, "/journey", segment="gold")["steps"]] == [1, 1, 1]


def test_an_empty_period_is_zeros_and_never_a_division(ann):
    empty = {"from": "2025-01-01", "to": "2025-01-02"}
    nothing = {"value": 0, "previous": 0, "change": None}
    no_rate = {"value": None, "previous": None, "change": None}
    totals = one(ann, **empty)["totals"]
    assert totals["conversations"] == nothing
    assert totals["intent_rate"] == no_rate
    steps = one(ann, "/journey", **empty)["steps"]
    assert [step["count"] for step in steps] == [0, 0, 0]
    assert {step["total_conversion"] for step in steps} == {None}
    assert one(ann, "/intents", **empty) | {"range": {}, "starts": []} == {
        "range": {},
        "total": nothing,
        "starts": [],
        "labels": [],
    }


def test_the_list_has_all_campaigns_of_the_caller_and_nobody_elses(ann, bob):
    assert [each["campaign"] for each in ann.get(CAMPAIGNS, params=MARCH).json()["items"]] == [ODD]
    found = bob.get(CAMPAIGNS, params={"from": "2025-01-01", "to": "2025-01-01"}).json()
    assert (found["total"], found["items"][0]["campaign"]) == (1, "bobs")
    assert found["items"][0]["conversations"]["value"] == 0
    assert bob.get(CAMPAIGNS, params=MARCH | {"offset": 1}).json()["items"] == []


@pytest.mark.parametrize("rest", ["", "/journey", "/intents"])
def test_a_campaign_nobody_saw_is_unknown_and_so_is_that_of_somebody_else(ann, rest):
    for name in ("bobs", "none", "%00", "50%20%25%20off/now"):
        assert ann.get(f"{CAMPAIGNS}/{name}{rest}").status_code == 404


def test_a_campaign_may_be_called_as_a_path_of_ours(ann, ports):
    name = "spring/journey"
    ports.metrics.events.append(
        Event(id="", tenant="ann", event_type="conversation", campaign=name, customer="c", occurred_at=at(2))
    )
    found = ann.get(f"{CAMPAIGNS}/{quote(name, safe='')}", params=MARCH).json()
    assert found["totals"]["campaign"] == name
    assert len(ann.get(f"{CAMPAIGNS}/{quote(name, safe='')}/journey", params=MARCH).json()["steps"]) == 3


def test_campaigns_of_before_what_is_kept_are_refused(ann):
    for rest in ("", f"/{quote(ODD, safe='')}", f"/{quote(ODD, safe='')}/journey", f"/{quote(ODD, safe='')}/intents"):
        problem = ann.get(f"{CAMPAIGNS}{rest}", params={"from": "2024-02-29", "to": "2026-03-01"}).json()
        assert (problem["code"], problem["errors"][0]["field"]) == ("beyond_retention", "from")
        assert ann.get(f"{CAMPAIGNS}{rest}", params={"from": "2024-03-01", "to": "2026-03-01"}).status_code == 200


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "from"),
        ({"from": "2026-03-01", "to": "9999-12-31"}, "to"),
        ({"from": "2025-01-01", "to": "2026-03-01", "granularity": "hour"}, "to"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"granularity": "minute"}, "granularity"),
        ({"granularity": "six_hours"}, "granularity"),
        ({"from": "yesterday"}, "from"),
        ({"form": "2026-03-01"}, "form"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_parameter(ann, params, field):
    for path in (CAMPAIGNS, f"{CAMPAIGNS}/{quote(ODD, safe='')}/journey", "/api/analytics/activity/trends"):
        problem = ann.get(path, params=params)
        assert problem.status_code == 422, path
        assert [each["field"] for each in problem.json()["errors"]] == [field]


def test_without_days_the_last_thirty_are_told(ann, ports):
    found = ann.get(CAMPAIGNS, params={"timezone": "Pacific/Kiritimati"}).json()["range"]
    assert found["to"] == (ports.clock() + timedelta(hours=14)).date().isoformat()
    assert (datetime.fromisoformat(found["to"]) - datetime.fromisoformat(found["from"])).days == 29


def test_nobody_is_told_anything_without_a_token(app):
    for path in (CAMPAIGNS, f"{CAMPAIGNS}/x", "/api/analytics/activity/users"):
        assert ApiClient(app).get(path, anonymous=True).status_code == 401


def test_nothing_is_said_of_a_period_before_what_is_kept(ann, ports):
    first = first_kept(ports.clock(), months=ports.limits.event_months).date()
    begins_with_it = {"from": str(first), "to": str(first + timedelta(days=1))}
    unknown = {"value": 0, "previous": None, "change": None}
    totals = one(ann, **begins_with_it)["totals"]
    assert [totals[role] for role in ("conversations", "customers")] == [unknown, unknown]
    assert one(ann, "/intents", **begins_with_it)["total"] == unknown
    (listed,) = ann.get(CAMPAIGNS, params=begins_with_it).json()["items"]
    assert listed["engagement"] == unknown
    follows_on_it = {"from": str(first + timedelta(days=2)), "to": str(first + timedelta(days=3))}
    assert one(ann, **follows_on_it)["totals"]["conversations"]["previous"] == 0
