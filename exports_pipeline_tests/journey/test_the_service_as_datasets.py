"""Exports of what the service knows of itself, made by its own workers out of its own Postgres."""

import csv
import io

import pytest

pytestmark = pytest.mark.slow


def rows_of(caller, dataset, **body):
    job_id = caller.export(dataset, options={"formula_guard": False}, **body)
    return list(csv.DictReader(io.StringIO(caller.download(caller.completed(job_id)).decode())))


def test_the_ledger_holds_the_exports_before_and_nobody_elses(stack):
    heidi, ivan = stack.caller("heidi"), stack.caller("ivan")
    jobs = {heidi.export("airlines") for _ in range(2)}
    for job_id in jobs:
        heidi.completed(job_id)
    ivan.completed(ivan.export("airlines"))
    rows = rows_of(heidi, "exports_ledger", account_ids=["airlines"])
    assert {row["job_id"] for row in rows} >= jobs
    assert {(row["owner_key"], row["status"]) for row in rows} == {("heidi", "completed")}


def test_insights_are_a_report_and_rows(stack):
    judy = stack.caller("judy")
    judy.completed(judy.export("airlines"))
    assert sum(int(row["jobs"]) for row in rows_of(judy, "export_insights")) >= 1
    answer = judy.http.post("/api/analytics/insights/export", json={"format": "pdf"})
    assert answer.status_code == 202
    assert judy.download(judy.completed(answer.json()["job_id"])).startswith(b"%PDF")
