"""Parts of the stack die under a running export, and it ends well nevertheless."""

import hashlib
import time
from contextlib import contextmanager

import httpx
import psutil
import pytest

from exports_pipeline_tests.journey.running_stack import wait_until

pytestmark = pytest.mark.slow

ROWS = {"steady_rows": 1_500_000, "patient_rows": 5_000_000}
AWAY_S = 10


def busiest_child(pid):
    """The child of a process that works."""
    children = psutil.Process(pid).children()
    before = {child: sum(child.cpu_times()[:2]) for child in children}
    return wait_until(
        lambda: next((child for child in children if sum(child.cpu_times()[:2]) > before[child] + 0.3), None),
        told="a worker child at work",
    )


@contextmanager
def kept_away(stack, part):
    """Kill a part, and keep the supervisor from starting it again meanwhile."""
    supervisor, old_pid = stack.supervisor, stack.pid(part)
    supervisor.suspend()
    try:
        psutil.Process(old_pid).kill()
        yield
    finally:
        supervisor.resume()
    wait_until(lambda: stack.restarted(part, old_pid), told=f"{part} started again")


def check_whole(stack, caller, job):
    """An export is there once, and whole."""
    rows, body = ROWS[job["dataset_name"]], caller.download(job)
    assert hashlib.sha256(body).hexdigest() == job["sha256"]
    assert (job["row_count"], body.count(b"\r\n")) == (rows, rows + 1)
    keys, _ = stack.objects_of(job["job_id"])
    assert [f"/{job['attempt']}/" in key for key in keys] == [True]


@pytest.mark.parametrize("victim", ["child", "worker"])
def test_an_export_whose_worker_is_killed_completes_as_the_next_attempt(stack, demo, victim):
    worker = stack.pid("worker")
    job_id = demo.export("steady_rows")
    demo.under_way(job_id)
    first_run = stack.run_of(job_id)
    (busiest_child(worker) if victim == "child" else psutil.Process(worker)).kill()
    job = demo.completed(job_id)
    assert job["attempt"] > 1  # more than 2 where a launch was lost while the worker came back
    assert job["error"] is None
    check_whole(stack, demo, job)
    attempts = stack.sql("SELECT run_id FROM export_jobs WHERE id = %s", job_id)
    assert attempts[0]["run_id"] != first_run["runId"]
    query = "query Status($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
    assert stack.graphql(query, run=first_run["runId"])["runOrError"]["status"] != "SUCCESS"
    wait_until(lambda: stack.restarted("worker", None))


def test_postgres_away_for_ten_seconds_is_503_to_callers_and_nothing_to_a_running_export(stack, demo):
    job_id = demo.export("patient_rows")
    demo.under_way(job_id)
    with kept_away(stack, "postgres"):
        until = time.monotonic() + AWAY_S
        status = f"/api/analytics/exports/{job_id}"
        wait_until(lambda: demo.http.get(status).status_code == 503, told="the last words of Postgres' children")
        answers = [demo.http.get(status), demo.request("airlines")]
        for answer in answers:
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "ledger_unavailable"
            assert "retry-after" in answer.headers
        assert demo.http.get("/readyz").status_code == 503
        assert demo.http.get("/healthz").status_code == 200
        time.sleep(max(0, until - time.monotonic()))
    job = demo.completed(job_id)
    assert job["attempt"] == 1
    check_whole(stack, demo, job)
    assert demo.completed(demo.export("airlines"))["row_count"] == 16


def test_an_object_store_that_vanishes_during_an_upload_leaves_no_torso(stack, demo):
    store = stack.pid("object_store")
    job_id = demo.export("steady_rows")
    demo.under_way(job_id, at_least_bytes=20_000_000)
    psutil.Process(store).kill()
    job = demo.completed(job_id)
    check_whole(stack, demo, job)
    wait_until(lambda: stack.restarted("object_store", store))


def test_an_object_store_that_stays_away_fails_the_export_with_a_sentence_and_a_retry_completes_it(stack, demo):
    job_id = demo.export("steady_rows")
    demo.under_way(job_id)
    with kept_away(stack, "object_store"):
        job = demo.settled(job_id)
    assert (job["status"], job["attempt"], job["download_url"]) == ("failed", 3, None)
    assert (job["error"]["code"], job["error"]["fault"]) == ("object_store_unavailable", "service")
    assert job["error"]["message"].endswith(".")
    assert stack.objects_of(job_id)[0] == []
    assert demo.post(job_id, "retry").status_code == 202
    job = demo.completed(job_id)
    assert (job["attempt"], job["error"]) == (4, None)
    check_whole(stack, demo, job)


def test_an_export_requested_while_dagsters_webserver_is_away_runs_nevertheless(stack, demo):
    with kept_away(stack, "webserver"):
        answer = demo.request("airlines")
        assert answer.status_code == 202, answer.text
        assert demo.http.get("/readyz").json()["parts"]["dagster"]["ok"] is False
        job = demo.completed(answer.json()["job_id"])
    assert httpx.get(job["download_url"]).status_code == 200
