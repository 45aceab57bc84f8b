"""Metrics over HTTP: what there is, complete series, and what cannot be asked."""

from datetime import timedelta
from decimal import Decimal

import pytest

from exports_pipeline_tests.events import Event
from exports_pipeline_tests.fakes.clock import NOON

METRICS = "/api/analytics/metrics"
MARCH = {"from": "2026-02-27", "to": "2026-03-02"}


@pytest.fixture(autouse=True)
def _events(ports):
    day = timedelta(days=1)
    ports.metrics.events += [
        Event(id="1", tenant="ann", label="yes", campaign="spring", value=Decimal("1.50"), occurred_at=NOON - day),
        Event(id="2", tenant="ann", label="no", campaign="spring", value=Decimal(2), occurred_at=NOON),
        Event(id="3", tenant="ann", label="no", campaign="autumn", occurred_at=NOON),
        Event(id="4", tenant="bob", label="no", campaign="spring", occurred_at=NOON),
    ]


def test_the_metrics_are_listed_with_their_dimensions(ann):
    items = ann.get(METRICS).json()["items"]
    first = {"name": "conversations", "title": "Conversations", "unit": "", "aggregate": "count"}
    assert items[0] == first | {"dimensions": ["campaign", "label", "segment"]}


def test_a_series_is_of_ones_own_events_and_filled_with_zeros(ann):
    answer = ann.get(f"{METRICS}/conversations", params=MARCH).json()
    assert answer["starts"] == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    assert answer["lines"] == [{"group": {}, "values": [0, 1, 2, 0], "counts": [0, 1, 2, 0], "total": 3, "count": 3}]
    assert (answer["from"], answer["to"], answer["timezone"]) == ("2026-02-27", "2026-03-02", "UTC")


def test_figures_are_told_apart_filtered_and_exact(ann):
    asked = MARCH | {"by": "campaign", "where": ["segment:", "campaign:spring", "campaign:none"]}
    [line] = ann.get(f"{METRICS}/conversation_seconds", params=asked).json()["lines"]
    assert (line["group"], line["values"], line["total"]) == ({"campaign": "spring"}, ["0", "1.50", "2", "0"], "3.50")


def test_a_mean_of_nothing_is_null(ann):
    [line] = ann.get(f"{METRICS}/conversation_length", params=MARCH).json()["lines"]
    assert (line["values"], line["total"]) == ([None, "1.50", "2", None], "1.75")


def test_hours_begin_by_the_clock_of_the_zone(ann):
    asked = {"from": "2026-03-01", "to": "2026-03-01", "timezone": "Asia/Kolkata", "granularity": "hour"}
    answer = ann.get(f"{METRICS}/conversations", params=asked).json()
    place = answer["starts"].index("2026-03-01T17:00:00+05:30")
    assert (len(answer["starts"]), answer["lines"][0]["values"][place]) == (24, 2)


def test_weeks_say_where_the_range_cuts_them(ann):
    answer = ann.get(f"{METRICS}/conversations", params=MARCH | {"granularity": "week"}).json()
    assert (answer["starts"], answer["is_whole"]) == (["2026-02-23", "2026-03-02"], [False, False])


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"from": "9999-12-30", "to": "9999-12-31"}, "invalid_date_range", "to"),
        ({"from": "2026-03-03"}, "invalid_date_range", "to"),
        ({"timezone": "Mars/Olympus"}, "malformed_value", "timezone"),
        ({"from": "2024-02-28"}, "beyond_retention", "from"),
        ({"from": "0001-01-01", "timezone": "Pacific/Kiritimati"}, "beyond_retention", "from"),
        ({"by": "colour"}, "unknown_dimension", "by"),
        ({"where": "colour:red"}, "unknown_dimension", "where"),
        ({"where": "spring"}, "invalid_request", "where.0"),
        ({"granularity": "minute"}, "invalid_request", "granularity"),
        ({"granularity": "six_hours"}, "invalid_request", "granularity"),
        ({"from": "2026-02-30"}, "invalid_request", "from"),
        ({"colour": "red"}, "invalid_request", "colour"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(ann, change, code, field):
    answer = ann.get(f"{METRICS}/conversations", params=MARCH | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_the_oldest_month_that_is_kept_may_be_asked(ann):
    assert ann.get(f"{METRICS}/conversations", params=MARCH | {"from": "2024-03-01"}).status_code == 200


def test_an_unknown_metric_is_not_there(ann):
    answer = ann.get(f"{METRICS}/conversions", params=MARCH)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_metric")
