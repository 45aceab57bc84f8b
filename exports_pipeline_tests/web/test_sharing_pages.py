"""Sharing with teams from the forms of exports and schedules, and where it is told."""

from uuid import uuid4

import pytest

from exports_pipeline.core.team import Member, Team
from exports_pipeline_tests.builders import entry, new_job, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.schedule_pages import HOSTILE, words_of

DAILY = {"kind": "export", "thing": "sales", "name": "Daily", "style": "csv", "timezone": "UTC", "at": "08:00"}
EXPORT = {"do": "export", "style": "csv"}
REPORT = {"do": "make", "dataset": "sales", "metrics": "amount"}


@pytest.fixture
def finance(ann, app, ports):
    """A team of a hostile name to which Ann belongs, beside one of others."""
    teams = [Team(id=uuid4(), name=name, created_at=NOON) for name in (HOSTILE, "Others")]
    for team in teams:
        ports.teams.add(team, entry(new_job()))
    ports.teams.put(teams[0].id, Member(user_id=requester("ann").user_id), entry(new_job()))
    app.state.parts.standings.forget()
    return teams[0]


@pytest.mark.parametrize("path", ["/datasets/sales", "/schedules/new?dataset=sales", "/reports/metrics_summary"])
def test_a_form_offers_the_visitors_own_teams_alone(finance, ann, people, path):
    page = ann.get(path)
    assert f'name="share_with" value="{finance.id}"' in page.text
    assert "Others" not in words_of(page)
    assert "<script>alert" not in page.text
    assert "share_with" not in people("bob").get(path).text


def test_an_export_is_shared_as_its_form_says(finance, ann, ports):
    ann.post("/datasets/sales", **EXPORT, share_with=str(finance.id))
    [job] = ports.jobs.jobs.values()
    assert job.shared_with == (finance.id,)
    page = ann.get(f"/exports/{job.id}")
    assert "Shared with <script>alert(1)" in words_of(page)
    assert "<script>alert" not in page.text


def test_a_report_is_shared_as_its_form_says(finance, ann, ports):
    refused = ann.post("/reports/metrics_summary", do="make", share_with=str(finance.id))
    assert refused.status_code == 422
    assert f'value="{finance.id}" checked' in refused.text, "it stays as it was filled"
    ann.post("/reports/metrics_summary", **REPORT, share_with=str(finance.id))
    [job] = ports.jobs.jobs.values()
    assert (job.type, job.shared_with) == ("report", (finance.id,))


def test_a_schedule_is_shared_as_its_form_says_and_taken_back(finance, ann, ports):
    ann.post("/schedules/new", **DAILY, do="save", share_with=str(finance.id))
    [made] = ports.schedules.schedules.values()
    assert made.shared_with == (finance.id,)
    assert "Shared with" in words_of(ann.get(f"/schedules/{made.id}"))
    assert f'value="{finance.id}" checked' in ann.get(f"/schedules/{made.id}/edit").text
    ann.post(f"/schedules/{made.id}/edit", **DAILY, do="save")
    [kept] = ports.schedules.schedules.values()
    assert kept.shared_with == ()


def test_who_manages_schedules_leaves_sharing_as_it_is(finance, ann, people, ports):
    ann.post("/schedules/new", **DAILY, do="save", share_with=str(finance.id))
    [made] = ports.schedules.schedules.values()
    boss = people("boss", "EXPORT", "MANAGE_SCHEDULES")
    boss.post(f"/schedules/{made.id}/edit", **{**DAILY, "name": "Renamed"}, do="save")
    [kept] = ports.schedules.schedules.values()
    assert (kept.name, kept.shared_with) == ("Renamed", (finance.id,))


def test_nothing_is_shared_with_a_team_of_others(finance, ann, ports):
    for path, fields in (
        ("/datasets/sales", EXPORT),
        ("/schedules/new", {**DAILY, "do": "save"}),
        ("/reports/metrics_summary", REPORT),
    ):
        for team in (str(uuid4()), "nonsense"):
            answer = ann.post(path, **fields, share_with=team)
            assert answer.status_code == 422, (path, team)
            assert 'role="alert"' in answer.text
    assert (ports.jobs.jobs, ports.schedules.schedules) == ({}, {})
