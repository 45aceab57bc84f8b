"""Estimates, renditions and shared jobs over HTTP."""

import pytest

from exports_pipeline_tests.api_client import EXPORTS, run

BODY = {"dataset_id": "sales", "format": "csv"}


def test_an_estimate_answers_at_once_and_queues_nothing(ann, ports, dispatched):
    answer = ann.post(f"{EXPORTS}/estimate", json=BODY)
    told = answer.json()
    assert answer.status_code == 200
    assert (told["rows"], told["rows_are_exact"], told["fits"], len(told["preview"])) == (3, True, True, 3)
    assert told["preview"][0]["card"] == "***"
    assert (told["redactions"], told["sheets"], told["basis"]) == ({"card": "mask"}, None, "sample")
    assert (ports.jobs.jobs, dispatched) == ({}, [])
    (looked,) = ports.jobs.audit
    assert (looked.action, looked.details["rows_shown"]) == ("export.estimated", 3)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"dataset_id": "payroll"}, "unknown_dataset", "dataset_id"),
        ({"format": "doc"}, "unknown_format", "format"),
        ({"columns": ["nothing"]}, "unknown_column", "columns"),
        ({"start_date": "2026-02-30"}, "invalid_request", "start_date"),
        ({"account_ids": ["3"]}, "unknown_account", "account_ids"),
        ({"recipients": [{"channel": "pigeon", "address": "x"}]}, "unknown_channel", None),
    ],
)
def test_an_estimate_refuses_what_an_export_would(ann, change, code, field):
    asked, wanted = ann.post(f"{EXPORTS}/estimate", json=BODY | change), ann.post(EXPORTS, json=BODY | change)
    assert (asked.status_code, asked.json()["code"]) == (422, code)
    assert asked.json()["errors"] == wanted.json()["errors"]
    assert field is None or asked.json()["errors"][0]["field"] == field


def test_a_path_that_could_be_the_id_of_a_job_names_its_own_methods(ann):
    for path in (f"{EXPORTS}/estimate", "/api/analytics/reports/preview"):
        for method in ("GET", "PUT"):
            refused = ann.call(method, path)
            assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_another_format_of_a_result_is_a_job_that_names_it(ann, ports, completed):
    answer = ann.post(f"{EXPORTS}/{completed}/renditions", json={"format": "parquet"})
    job_id = answer.json()["job_id"]
    assert (answer.status_code, answer.headers["location"]) == (202, f"{EXPORTS}/{job_id}")
    run(ports, job_id)
    seen = ann.get(f"{EXPORTS}/{job_id}").json()
    assert (seen["status"], seen["format"], seen["rendition_of"]) == ("completed", "parquet", completed)
    assert ann.get(f"{EXPORTS}/{completed}").json()["rendition_of"] is None


def test_the_same_rendition_in_flight_is_one_job_and_says_so(ann, completed):
    first, second = (ann.post(f"{EXPORTS}/{completed}/renditions", json={"format": "json"}) for _ in range(2))
    assert first.json()["job_id"] == second.json()["job_id"]
    assert ("export-shared" in first.headers, second.headers["export-shared"]) == (False, "true")


def test_renditions_are_refused_with_the_reason(ann, bob, admin, ports, completed):
    path = f"{EXPORTS}/{completed}/renditions"
    assert [each.post(path, json={"format": "json"}).status_code for each in (bob, admin)] == [404, 404]
    assert ann.post(path, json={"format": "html"}).json()["code"] == "unknown_format"
    assert ann.post(path, json={"format": "json", "options": {"bom": True}}).json()["code"] == "invalid_option"
    assert ann.post(path, json={"format": "json", "columns": ["day"]}).json()["errors"][0]["code"] == "unknown_field"
    ports.warehouse.snapshot_name = "fake@2"
    gone = ann.post(path, json={"format": "json"})
    assert (gone.status_code, gone.json()["code"]) == (409, "snapshot_gone")
    pending = ann.export().json()["job_id"]
    assert ann.post(f"{EXPORTS}/{pending}/renditions", json={"format": "json"}).json()["code"] == "not_completed"


def test_a_kept_result_is_rendered_when_the_snapshot_is_gone(ann, ports):
    kept = ann.export(options={"keep_result": True}).json()["job_id"]
    run(ports, kept)
    ports.warehouse.snapshot_name = "fake@2"
    answer = ann.post(f"{EXPORTS}/{kept}/renditions", json={"format": "jsonl"})
    run(ports, answer.json()["job_id"])
    seen = ann.get(f"{EXPORTS}/{answer.json()['job_id']}").json()
    assert (answer.status_code, seen["status"], seen["row_count"], seen["rendition_of"]) == (202, "completed", 3, kept)
    told = ann.get(f"{EXPORTS}/{kept}/manifest").json()["kept"]
    assert set(told) == {"name", "bytes", "rows", "sha256"}
    assert told["name"] not in str(ann.get(f"{EXPORTS}/{kept}").json())


def test_exports_and_reports_share_a_run_when_asked_to(ann, ports):
    first = ann.export(share=True)
    assert ann.export().json()["job_id"] != first.json()["job_id"]
    run(ports, first.json()["job_id"])
    second, third = ann.export(share=True), ann.export(share=True)
    assert second.json()["job_id"] == third.json()["job_id"] != first.json()["job_id"]
    assert third.headers["export-shared"] == "true"
    report = {"template": "metrics_summary", "params": {"dataset": "sales"}, "format": "html", "share": True}
    one, same = (ann.post("/api/analytics/reports", json=report).json()["job_id"] for _ in range(2))
    assert one == same
