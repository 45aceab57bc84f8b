"""The page of one export: what it tells of each status, and what its buttons do."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from exports_pipeline.core.errors import DeliveryRefused, Fault
from exports_pipeline.core.export_job import JobError, Progress
from exports_pipeline.core.formats import Format
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.team import Member, Team
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.visits import signed_in_as


@pytest.fixture
def ann(url):
    with signed_in_as(url) as visit:
        yield visit


@pytest.fixture
def put(ports):
    """Puts a job into the ledger as if it had come so far."""

    def put(user="ann", *, job=None, **changes):
        job = ports.jobs.add(job or new_job(user), entry(new_job(user)))
        ports.jobs.jobs[job.id] = replace(job, **changes)
        return job.id

    return put


def completed(visit, ports, **fields):
    """The id of an export that a visit has asked for, once it is there."""
    made = visit.send("/datasets/sales", **{"do": "export", "style": "csv"} | fields)
    job_id = UUID(made.headers["location"].partition("?")[0].rpartition("/")[2])
    ports.runs.worker.submit(lambda: None).result()
    assert ports.jobs.get(job_id).status is Status.COMPLETED
    return job_id


def test_a_waiting_export_tells_its_place_and_can_be_cancelled(ann, put, ports):
    put("bob")
    job_id = put()
    page = ann.get(f"/exports/{job_id}").text
    assert "in the queue" in page
    assert ann.send(f"/exports/{job_id}", do="cancel").status_code == 303
    assert ports.jobs.get(job_id).status is Status.CANCELLED
    assert "Try again" in ann.get(f"/exports/{job_id}").text


def test_a_running_export_tells_rows_and_rate(ann, put):
    far = Progress(rows=1_000, total_rows=4_000, bytes=5_000)
    job_id = put(status=Status.RUNNING, started_at=NOON - timedelta(seconds=10), progress=far, attempt=2)
    page = ann.get(f"/exports/{job_id}/progress")
    assert page.headers["export-status"] == "running"
    assert "25" in page.text
    assert "1,000 <" in page.text
    assert "<dd>100</dd>" in page.text
    assert "try 2" in page.text


def test_a_ready_export_leads_on(ann, ports):
    job_id = completed(ann, ports, tag_ids="food")
    page = ann.get(f"/exports/{job_id}").text
    assert f'href="/exports/{job_id}/download" download data-file' in page
    assert 'data-until="86399"' in page or 'data-until="86400"' in page
    assert "/datasets/sales?style=csv&amp;tag_ids=food" in page
    assert f"/schedules/new?from_job={job_id}" in page
    assert f"/exports/{job_id}/receipt" in page


def test_the_same_rows_are_made_in_another_format(ann, ports):
    job_id = completed(ann, ports)
    made = ann.send(f"/exports/{job_id}/renditions", style="csv-german")
    other = ports.jobs.get(UUID(made.headers["location"].rpartition("/")[2]))
    assert (other.rendition.of, other.format, other.options.decimal_comma) == (job_id, "csv", True)
    refused = ann.send(f"/exports/{job_id}/renditions", style="stone")
    assert (refused.status_code, "no such format" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("code", "fault", "first", "sentence"),
    [
        ("too_many_rows_for_format", Fault.REQUESTER, "Again with changes", "Choose CSV or Parquet"),
        ("warehouse_busy", Fault.SERVICE, "Try again", "try it again in a while"),
        ("query_failed", Fault.SERVICE, "", "tell your administrator the reference"),
    ],
)
def test_a_failure_says_what_to_do_next(ann, put, code, fault, first, sentence):
    error = JobError(code=code, sentence="It did not work.", fault=fault)
    job_id = put(status=Status.FAILED, error=error, completed_at=NOON)
    page = ann.get(f"/exports/{job_id}").text
    assert "It did not work." in page
    assert sentence in page
    buttons = [
        part
        for part in page.split('<div class="row">')[1].split("</div>")[0].split("<")
        if "Again" in part or "Try again" in part
    ]
    assert any(first in each and "second" not in each for each in buttons) is bool(first)


def test_a_failed_delivery_is_sent_again_and_one_that_arrived_is_not(ann, ports):
    job_id = completed(ann, ports, to_email="boss@example.com")
    [delivery] = ports.outbox.of_job(job_id)
    assert "waiting to be sent" in ann.get(f"/exports/{job_id}").text
    [reserved] = ports.outbox.reserve(job_id=job_id, now=ports.clock(), lease=timedelta(minutes=1))
    ports.outbox.failed(reserved, DeliveryRefused("There is no such mailbox."), now=ports.clock())
    page = ann.get(f"/exports/{job_id}").text
    assert "There is no such mailbox." in page
    address = f"/exports/{job_id}/deliveries/{delivery.id}"
    assert address in page
    assert ann.send(address, do="again").status_code == 303
    assert "waiting to be sent" in ann.get(f"/exports/{job_id}").text
    refused = ann.send(address, do="again")
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert ann.send(f"/exports/{job_id}/deliveries/{uuid4()}", do="again").status_code == 422


def test_an_export_that_is_shared_is_shown_without_what_is_its_owners(ann, app, put, ports):
    """It was a page that says no, since deliveries are the owner's alone to see."""
    team = Team(id=uuid4(), name="Finance", created_at=NOON)
    ports.teams.add(team, entry(new_job()))
    ports.teams.put(team.id, Member(user_id=requester("ann").user_id), entry(new_job()))
    fields = {"status": Status.COMPLETED, "result": stored_file(), "expires_at": NOON + timedelta(days=1)}
    job_id = put(job=new_job("bob", shared_with=(team.id,)), **fields)
    app.state.parts.standings.forget()
    answer = ann.get(f"/exports/{job_id}")
    assert answer.status_code == 200
    assert "shared with you" in answer.text
    assert "Download" in answer.text
    assert "Again with changes" not in answer.text
    assert ann.send(f"/exports/{job_id}", do="retry").status_code == 422


def test_an_html_report_has_a_page_as_any_other(ann, put):
    """The look for a style of its format found none, and the page failed."""
    job = new_job(
        type="report", dataset="metrics_summary", format=Format.HTML, parameters={"dataset": "sales", "by": ["a", "b"]}
    )
    job_id = put(job=job, status=Status.CANCELLED, completed_at=NOON)
    page = ann.get(f"/exports/{job_id}")
    assert page.status_code == 200
    assert "/reports/metrics_summary?format=html&amp;dataset=sales&amp;by=a&amp;by=b" in page.text


def test_a_receipt_is_shown_checked_and_handed_out(ann, ports):
    job_id = completed(ann, ports)
    page = ann.get(f"/exports/{job_id}/receipt").text
    file = ann.get(f"/exports/{job_id}/receipt.json")
    assert "Signed by this service, and unchanged since." in page
    assert ports.jobs.get(job_id).result.sha256 in page
    assert json.loads(file.content) == ports.jobs.manifest(job_id)
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''sales.csv.manifest.json"


def test_a_receipt_tells_its_totals_as_the_viewer_reads_them(ann, ports):
    job_id = completed(ann, ports)
    totals = {"name": "amount", "type": "DECIMAL(18,2)", "nulls": 1_234, "min": "-0.50", "max": "1234567.80"}
    day = {"name": "day", "type": "DATE", "nulls": 0, "min": "2026-01-31", "max": None, "sum": None}
    rate = {"name": "rate", "type": "DOUBLE", "nulls": 0, "min": None, "max": None, "sum": "NaN"}
    columns = [totals | {"sum": "98765432109876543210.10"}, day, rate]
    ports.jobs.manifests[job_id] = {**ports.jobs.manifests[job_id], "columns": columns}
    page = ann.get(f"/exports/{job_id}/receipt", headers={"Accept-Language": "de-DE"}).text
    for shown in ("1.234", "-0,50", "1.234.567,80", "98.765.432.109.876.543.210,10", "31.01.2026", "NaN"):
        assert f">{shown}<" in page


def test_a_receipt_that_was_changed_is_not_called_signed(ann, ports):
    job_id = completed(ann, ports)
    ports.jobs.manifests[job_id] = {**ports.jobs.manifests[job_id], "row_count": 4}
    assert "Its signature is not of the key" in ann.get(f"/exports/{job_id}/receipt").text
    assert ann.get(f"/exports/{uuid4()}/receipt").status_code == 404


def test_the_run_is_linked_for_operators_alone(url, ann, put):
    job_id = put(run_id="12ab")
    assert "12ab" not in ann.get(f"/exports/{job_id}").text
    with signed_in_as(url, "root", "MANAGE_EXPORTS") as visit:
        assert 'href="http://127.0.0.1:3000/runs/12ab"' in visit.get(f"/exports/{job_id}").text
