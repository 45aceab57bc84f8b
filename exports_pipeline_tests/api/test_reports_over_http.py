"""Reports over HTTP: templates, request, status, preview, and what is refused."""

import pytest

from exports_pipeline_tests.api_client import EXPORTS, run

REPORTS = "/api/analytics/reports"
PARAMS = {
    "dataset": "sales",
    "metrics": ["amount"],
    "by": "kind",
    "start_date": "2026-01-01",
    "end_date": "2026-01-31",
}


def requested(client, **changes):
    body = {"template": "metrics_summary", "params": PARAMS, "format": "pdf"} | changes
    return client.post(REPORTS, json=body)


def test_templates_tell_their_parameters(ann):
    items = ann.get(f"{REPORTS}/templates").json()["items"]
    names = [each["name"] for each in items]
    assert names[:3] == ["experiment_results", "metrics_summary", "dashboard"]
    assert names[3:8] == ["kpi", "compliance", "revenue", "outreach", "insights"]
    assert names[8:] == ["compliance_audit", "user_activity_report"]
    (experiment,) = (each for each in items if each["name"] == "experiment_results")
    (form,) = (each for each in experiment["parameters"] if each["name"] == "form")
    assert form["choices"] == ["executive", "detailed", "comparison"]
    assert experiment["formats"] == ["pdf", "xlsx", "html"]


def test_a_report_is_an_export_job_with_all_its_doors(ann, bob, ports):
    answer = requested(ann)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    job_id = answer.json()["job_id"]
    run(ports, job_id)
    seen = ann.get(f"{REPORTS}/{job_id}").json()
    assert seen == ann.get(f"{EXPORTS}/{job_id}").json() | {"download_url": seen["download_url"]}
    assert (seen["type"], seen["status"], seen["dataset_name"]) == ("report", "completed", "metrics_summary")
    assert seen["parameters"] == PARAMS
    assert seen["download_name"].endswith(".pdf")
    assert ann.get(f"{EXPORTS}/{job_id}/download").status_code == 307
    manifest = ann.get(f"{EXPORTS}/{job_id}/manifest").json()
    assert manifest["template"]["name"] == "metrics_summary"
    assert ["Dataset", "sales, 2026-01-01 to 2026-01-31: 3 rows"] in manifest["facts"]
    assert bob.get(f"{REPORTS}/{job_id}").status_code == 404


def test_a_report_counts_the_rows_of_its_requester_only(ann, bob, ports):
    facts = []
    for client in (ann, bob):
        job_id = requested(client).json()["job_id"]
        run(ports, job_id)
        facts.append(client.get(f"{EXPORTS}/{job_id}/manifest").json()["facts"][0][1])
    assert facts == ["sales, 2026-01-01 to 2026-01-31: 3 rows", "sales, 2026-01-01 to 2026-01-31: 2 rows"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"template": "nothing"}, "unknown_template", "template"),
        ({"format": "csv"}, "unknown_format", "format"),
        ({"params": {}}, "invalid_parameter", "params.dataset"),
        ({"params": PARAMS | {"colour": "red"}}, "invalid_parameter", "params.colour"),
        ({"params": PARAMS | {"by": "nothing"}}, "invalid_parameter", "params.by"),
        ({"params": PARAMS | {"start_date": "never"}}, "invalid_parameter", "params.start_date"),
        ({"params": []}, "invalid_request", "params"),
        ({"surprise": 1}, "invalid_request", "surprise"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(ann, ports, changes, code, field):
    answer = requested(ann, **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["field"] == field
    assert ports.jobs.jobs == {}


def test_the_same_key_gives_the_same_report(ann, ports):
    headers = {"Idempotency-Key": "k1"}
    body = {"template": "metrics_summary", "params": PARAMS, "format": "pdf"}
    first, again = (ann.post(REPORTS, json=body, headers=headers) for _ in range(2))
    assert first.json()["job_id"] == again.json()["job_id"]
    assert ann.post(REPORTS, json=body | {"format": "html"}, headers=headers).json()["code"] == "idempotency_key_reused"


def test_a_preview_is_a_page_that_may_run_nothing(ann):
    answer = ann.post(f"{REPORTS}/preview", json={"template": "metrics_summary", "params": PARAMS})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.text.startswith("html")
    refused = ann.post(f"{REPORTS}/preview", json={"template": "nothing"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_template")


def test_a_period_without_data_is_a_report_that_says_so(ann, ports):
    answer = requested(ann, params=PARAMS | {"start_date": "1999-01-01", "end_date": "1999-12-31"})
    run(ports, answer.json()["job_id"])
    job = ann.get(f"{EXPORTS}/{answer.json()['job_id']}").json()
    assert job["status"] == "completed"
    (key,) = (key for key in ports.objects.objects if not key.endswith(".json"))
    assert b"no data" in ports.objects.objects[key].body.lower()
