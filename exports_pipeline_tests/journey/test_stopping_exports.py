"""Exports that run for minutes are stopped within a moment, and leave nothing."""

import time

import pytest

from exports_pipeline_tests.journey.running_stack import wait_until

pytestmark = pytest.mark.slow

TERMINATE = "mutation Terminate($run: String!) { terminateRun(runId: $run) { __typename } }"
SOON_S = 5
"""A beat, an interrupted query and an event; half a second where nothing else runs."""


def ended_as_cancelled(stack, job_id, *, within_s=SOON_S):
    return wait_until(lambda: stack.run_of(job_id)["status"] == "CANCELED", within_s=within_s, told="run CANCELED")


def test_a_cancel_stops_the_query_frees_the_worker_and_leaves_nothing(stack, demo):
    first, second = demo.export("endless_rows"), demo.export("endless_rows", "parquet")
    for job_id in (first, second):
        demo.under_way(job_id)
    demo.under_way(first, at_least_bytes=20_000_000)  # an upload in parts has begun
    waiting = demo.export("airlines")
    assert demo.look(waiting)["queue_position"] == 1
    assert demo.post(first, "cancel").json()["status"] == "cancelled"
    ended_as_cancelled(stack, first)
    began = time.monotonic()
    assert demo.completed(waiting)["row_count"] == 16
    assert time.monotonic() - began < SOON_S
    assert demo.look(second)["status"] == "running"
    demo.post(second, "cancel")
    ended_as_cancelled(stack, second)
    assert [stack.objects_of(job_id) for job_id in (first, second)] == [([], []), ([], [])]
    job = demo.look(first)
    assert (job["status"], job["download_url"], job["row_count"]) == ("cancelled", None, None)


def test_an_operator_who_terminates_the_run_cancels_the_job(stack, demo):
    job_id = demo.export("endless_rows")
    demo.under_way(job_id)
    answer = stack.graphql(TERMINATE, run=stack.run_of(job_id)["runId"])
    assert answer["terminateRun"]["__typename"] == "TerminateRunSuccess"
    assert demo.settled(job_id, within_s=SOON_S)["status"] == "cancelled"
    ended_as_cancelled(stack, job_id)
    assert stack.objects_of(job_id) == ([], [])
    actions = stack.sql("SELECT action FROM audit_log WHERE job_id = %s ORDER BY id", job_id)
    assert actions[-1]["action"] == "export.stopped_by_operator"


def test_a_query_that_has_not_found_its_first_row_is_alive_and_can_be_stopped(stack, demo):
    job_id = demo.export("late_rows")
    wait_until(lambda: demo.look(job_id)["status"] == "running")
    beats = lambda: stack.sql("SELECT heartbeat_at FROM export_jobs WHERE id = %s", job_id)[0]["heartbeat_at"]  # noqa: E731
    first = beats()
    wait_until(lambda: beats() > first, within_s=SOON_S, told="a heartbeat")
    demo.post(job_id, "cancel")
    ended_as_cancelled(stack, job_id)
