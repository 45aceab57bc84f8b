"""The doors of the insights: who may see whose, and what is refused. What they count is told in `test_insights.py`."""

from datetime import date

import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.insights import Counted, Tally
from exports_pipeline_tests.api_client import ApiClient, token_of
from exports_pipeline_tests.builders import entry, new_job

INSIGHTS = "/api/analytics/insights"
DOORS = ("overview", "counts?by=tag", "volume", "openings", "recent", "storage")


def refused(client, query):
    """The code of the problem and the parameters at fault."""
    answer = client.get(f"{INSIGHTS}/{query}")
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    return problem["code"], [each["field"] for each in problem["errors"]]


@pytest.mark.parametrize("door", DOORS)
def test_every_door_shows_people_their_own_and_administrators_everything(ann, admin, ports, door):
    for client, whose in ((ann, user_id("ann")), (admin, None)):
        ports.insights.asked.clear()
        assert client.get(f"{INSIGHTS}/{door}").status_code == 200
        assert {jobs.user_id for jobs in ports.insights.asked} <= {whose}


def test_the_insights_of_all_are_for_those_who_may_view_them_although_not_the_jobs(app, ports):
    auditor = ApiClient(app, token=token_of("auditor", roles=["auditor"]))
    overview = auditor.get(f"{INSIGHTS}/overview")
    assert overview.status_code == 200
    assert {jobs.user_id for jobs in ports.insights.asked} == {None}
    assert auditor.get("/api/analytics/exports", params={"user": "all"}).status_code == 403
    assert "user=all" in overview.text


def test_what_a_job_was_narrowed_to_is_told_to_those_alone_who_see_the_job(app, admin, ports):
    new = new_job("bob", filters=Filters(account_ids=("4711",)))
    ports.insights.found = [ports.jobs.add(new, entry(new))]
    auditor = ApiClient(app, token=token_of("auditor", roles=["auditor"]))
    told = [client.get(f"{INSIGHTS}/recent").json()["items"][0]["filters"] for client in (auditor, admin)]
    assert [each and each["account_ids"] for each in told] == [None, ["4711"]]


@pytest.mark.parametrize("door", DOORS)
def test_the_insights_of_others_are_for_administrators(ann, admin, door):
    query = f"{INSIGHTS}/{door}{'&' if '?' in door else '?'}user={user_id('bob')}"
    assert ann.get(query).status_code == 403
    assert admin.get(query).status_code == 200


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("overview?from=2026-02-01&to=2026-01-31", "invalid_date_range", "to"),
        ("overview?from=2020-01-01&to=2026-01-31", "invalid_date_range", "from"),
        ("overview?from=1999-01-01&to=2000-02-01", "invalid_date_range", "from"),
        ("overview?to=9999-12-31", "invalid_date_range", "to"),
        ("overview?to=0001-01-01", "invalid_date_range", "from"),
        ("overview?from=2026-02-30", "invalid_request", "from"),
        ("overview?timezone=Mars/Olympus", "unknown_timezone", "timezone"),
        ("overview?format=doc", "invalid_request", "format"),
        ("overview?destination=pigeon", "invalid_request", "destination"),
        ("overview?status=pending", "invalid_request", "status"),
        ("overview?user=ann", "invalid_request", "user"),
        ("overview?campaign=x", "invalid_request", "campaign"),
        ("counts", "invalid_request", "by"),
        ("counts?by=colour", "invalid_request", "by.0"),
        ("counts?by=tag&by=plan&by=list&by=user", "invalid_request", "by"),
        ("counts?by=tag&limit=0", "invalid_request", "limit"),
        ("volume?granularity=minute", "invalid_request", "granularity"),
        ("volume?granularity=hour&from=2026-01-01&to=2026-03-01", "invalid_date_range", "granularity"),
        ("volume?granularity=day&from=2024-01-01&to=2026-03-01", "invalid_date_range", "granularity"),
        ("openings?granularity=hour", "invalid_date_range", "granularity"),
        ("recent?limit=1000", "invalid_request", "limit"),
        ("storage?from=2026-01-01", "invalid_request", "from"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_parameter_at_fault(ann, query, code, field):
    assert refused(ann, query) == (code, [field])


def test_by_default_the_last_ninety_days_are_told(ann, ports):
    told = ann.get(f"{INSIGHTS}/overview").json()["range"]
    today = ports.clock().date()
    assert (told["to"], told["timezone"]) == (today.isoformat(), "UTC")
    assert (today - date.fromisoformat(told["from"])).days == 89


def test_a_quiet_service_tells_of_nothing_and_fills_the_weeks_with_zeros(ann):
    told = ann.get(f"{INSIGHTS}/overview").json()
    assert (told["count"], told["failure_rate"], told["rows_per_job"], told["mean_run_s"]) == (0, None, None, None)
    weeks = ann.get(f"{INSIGHTS}/volume?from=2026-01-01&to=2026-01-31").json()["items"]
    assert [(each["label"], each["count"]) for each in weeks] == [(f"2026-W0{week}", 0) for week in range(1, 6)]


def test_values_beyond_the_limit_are_counted_not_hidden(ann, ports):
    ports.insights.counted = [Counted(span=0, key=(f"t{n}",), tally=Tally(completed=n + 1)) for n in range(5)]
    told = ann.get(f"{INSIGHTS}/counts?by=tag&limit=2").json()
    assert ([each["key"]["tag"] for each in told["items"]], told["left_out"]) == (["t4", "t3"], 3)
    for facet in ("tag", "format"):  # of many values and of few, which are counted another way
        stacked = ann.get(f"{INSIGHTS}/volume?by={facet}&limit=2").json()
        assert (len(stacked["items"][0]["parts"]), stacked["left_out"]) == (2, 3)
        assert [part["key"][facet] for part in stacked["items"][0]["parts"]] == ["t4", "t3"]
