"""The page of operations: who sees it, and what it tells."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from exports_pipeline.checkup.finding import broken
from exports_pipeline.core.errors import Fault, LedgerUnavailable
from exports_pipeline.core.export_job import JobError
from exports_pipeline.core.figures import Figures
from exports_pipeline.core.insights import Counted, Stored, Tally
from exports_pipeline.core.lifecycle import Status
from exports_pipeline_tests.builders import entry, new_job
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.visits import signed_in_as


@pytest.fixture
def busy(ports):
    """Something of everything."""
    ports.figures.figures = Figures(
        pending=40, running=1, slots_taken=1, oldest_due_at=NOON - timedelta(minutes=3), deliveries_waiting=2
    )
    ports.insights.counted = [Counted(span=0, key=(), tally=Tally(completed=95, failed=5))]
    ports.insights.files = [Stored(dataset="sales", format="csv", files=12, bytes=100 << 30)]
    job = ports.jobs.add(new_job("bob"), entry(new_job("bob")))
    error = JobError(code="query_failed", sentence="The data broke.", fault=Fault.SERVICE)
    ports.jobs.jobs[job.id] = replace(job, status=Status.FAILED, error=error, completed_at=NOON, run_id="12ab")
    return ports


def test_it_tells_the_queue_what_ended_what_failed_and_what_it_costs(url, busy):
    with signed_in_as(url, "root", "MANAGE_EXPORTS") as visit:
        page = visit.get("/operations").text
    assert busy.prices.gb_month * 100 == Decimal("2.3")
    for told in ("<dd>40</dd>", "3 minutes ago", "50%", "95", "5%", "The data broke.", "<bdi>bob</bdi>", "US$2.30"):
        assert told in page, told
    assert 'href="http://127.0.0.1:3000/runs/12ab"' in page


def test_administrators_see_figures_but_no_jobs_of_others(url, busy):
    with signed_in_as(url, "root", "ADMIN") as visit:
        page = visit.get("/operations").text
    assert "<dd>40</dd>" in page
    assert "The data broke." not in page


def test_everybody_else_is_told_what_they_lack(url):
    with signed_in_as(url) as visit:
        answer = visit.get("/operations")
        assert answer.status_code == 403
        assert "MANAGE_EXPORTS" in answer.text
        assert 'href="/operations"' not in visit.get("/datasets").text
        assert visit.get("/operations/parts").status_code == 403


def test_all_parts_are_asked_for_scripts_and_without(url, app, busy):
    app.state.look_at_machinery = lambda: [broken("workers", "No worker answers.", "Start `one`.")]
    busy.objects.ping = lambda: (_ for _ in ()).throw(LedgerUnavailable("The store is away."))
    with signed_in_as(url, "root", "MANAGE_EXPORTS") as visit:
        assert "No worker answers." not in visit.get("/operations").text
        for path in ("/operations?check=1", "/operations/parts"):
            page = visit.get(path).text
            assert "No worker answers." in page
            assert "Start one." in page
            assert "The store is away." in page
            assert "Database" in page


def test_a_ledger_that_is_away_is_told_on_a_page(url, busy):
    with signed_in_as(url, "root", "MANAGE_EXPORTS") as visit:
        busy.figures.error = LedgerUnavailable()
        answer = visit.get("/operations")
    assert answer.status_code == 503
    assert "try again in a few seconds" in answer.text
