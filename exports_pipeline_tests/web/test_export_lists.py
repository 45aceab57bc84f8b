"""The list of exports: filters, live status, what is done with many at once, and whose they are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.labels import Labels
from exports_pipeline.core.lifecycle import Status
from exports_pipeline_tests.builders import entry, new_job
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.visits import signed_in_as


@pytest.fixture(autouse=True)
def idle(app):
    """Nothing is launched: jobs stay as they are put."""
    app.state.parts = replace(app.state.parts, dispatch_soon=lambda: None)


@pytest.fixture
def put(ports):
    """Puts a job into the ledger."""

    def put(user="ann", status=Status.PENDING, **changes):
        job = ports.jobs.add(new_job(user, **changes), entry(new_job(user)))
        ports.jobs.jobs[job.id] = replace(job, status=status, completed_at=NOON if status.is_final else None)
        return str(job.id)

    return put


@pytest.fixture
def ann(url):
    with signed_in_as(url) as visit:
        yield visit


def shown(visit, query, jobs):
    """Which of the jobs a list has."""
    page = visit.get(f"/exports?{query}")
    assert page.status_code == 200, page.text
    return [job for job in jobs if f"/exports/{job}" in page.text]


def test_the_list_is_narrowed_by_all_filters(ann, put):
    late = NOON + timedelta(hours=11, minutes=30)
    jobs = [
        put(),
        put(status=Status.FAILED),
        put(dataset="airports"),
        put(created_at=late, labels=Labels(plan="spring")),
    ]
    _, failed, airports, planned = jobs
    assert shown(ann, "", jobs) == jobs
    assert shown(ann, "status=failed&dataset=&from=&to=", jobs) == [failed]
    assert shown(ann, "dataset=airports", jobs) == [airports]
    assert shown(ann, "format=pdf", jobs) == []
    assert shown(ann, "plan=spring", jobs) == [planned]
    assert shown(ann, "from=2026-03-01&to=2026-03-01", jobs) == jobs
    ann.client.cookies.set("exports_zone", "Asia/Tokyo")
    assert shown(ann, "from=2026-03-02", jobs) == [planned], "it was requested tomorrow, by the clocks of Tokyo"


@pytest.mark.parametrize("query", ["status=lost", "from=yesterday", "cursor=x", "user=you"])
def test_a_filter_that_cannot_be_is_told_on_a_page(ann, query):
    answer = ann.get(f"/exports?{query}")
    assert answer.status_code == 422
    assert "<h1>" in answer.text


def test_an_empty_list_says_why(ann):
    assert "exported nothing yet" in ann.get("/exports").text
    assert "No export fits" in ann.get("/exports?status=failed").text
    assert "Nobody has shared" in ann.get("/exports?whose=shared").text


def test_many_are_cancelled_at_once_and_it_is_told_how_many(ann, put, ports):
    jobs = [put(), put(), put(status=Status.CANCELLED)]
    told = ann.send("/exports", do="cancel", job=jobs, back="dataset=sales&status=")
    assert told.headers["location"] == "/exports?dataset=sales&did=cancel&done=2&left=1"
    assert "2 cancelled. 1 stayed as it was." in ann.get(told.headers["location"]).text
    assert {each.status for each in ports.jobs.jobs.values()} == {Status.CANCELLED}
    again = ann.send("/exports", do="retry", job=jobs[:1])
    assert "1 queued again." in ann.get(again.headers["location"]).text
    assert "Nothing was ticked." in ann.get(ann.send("/exports", do="retry").headers["location"]).text


def test_jobs_of_others_are_for_those_who_manage_exports(url, ann, put, ports):
    job = put("bob")
    for query in ("whose=all", "user=all"):
        assert ann.get(f"/exports?{query}").status_code == 403
    assert "everybody" not in ann.get("/exports").text
    assert "done=0&left=1" in ann.send("/exports", do="cancel", job=job).headers["location"]
    with signed_in_as(url, "root", "MANAGE_EXPORTS") as visit:
        page = visit.get("/exports?whose=all").text
        assert f"/exports/{job}" in page
        assert "<bdi>bob</bdi>" in page
        visit.send("/exports", do="cancel", job=job)
    assert {each.status for each in ports.jobs.jobs.values()} == {Status.CANCELLED}


def test_the_table_alone_is_there_for_scripts(ann, put):
    put()
    table = ann.get("/exports/table?status=pending")
    assert table.text.startswith('<table data-live="yes">')
    assert 'data-live="no"' in ann.get("/exports/table?status=failed").text


def test_older_ones_are_led_to_with_the_filters(ann, put):
    jobs = [put(minutes=place) for place in range(27)]
    page = ann.get("/exports?status=pending").text
    address = page.partition('<a href="/exports?')[2].partition('"')[0].replace("&amp;", "&")
    assert "status=pending" in address
    assert shown(ann, address, jobs) == jobs[:2]
