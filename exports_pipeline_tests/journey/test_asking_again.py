"""The same request twice, retries, and what the API refuses."""

from uuid import uuid4

import pytest

pytestmark = pytest.mark.slow


def test_the_same_key_brings_the_same_job_and_refuses_another_body(stack, demo):
    key = str(uuid4())
    first, again = (demo.request("airlines", key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["job_id"] == first.json()["job_id"]
    other = demo.request("airports", key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    theirs = stack.caller("alice").request("airlines", key=key)
    assert theirs.json()["job_id"] != first.json()["job_id"]


def test_a_job_of_somebody_else_does_not_exist(stack, demo):
    job_id = demo.export("airlines")
    stranger = stack.caller("mallory")
    answers = [stranger.http.get(f"/api/analytics/exports/{job_id}{path}") for path in ("", "/download")]
    answers += [stranger.post(job_id, verb) for verb in ("cancel", "retry")]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "unknown_export_job")] * 4
    assert demo.completed(job_id)["attempt"] == 1


def test_a_query_that_breaks_fails_the_job_with_a_sentence_and_may_be_retried(stack, demo):
    job_id = demo.export("broken_rows")
    job = demo.settled(job_id)
    assert (job["status"], job["attempt"], job["download_url"]) == ("failed", 1, None)
    assert job["error"]["code"] == "query_failed"
    assert job["error"]["message"].endswith(".")
    assert "secret-of-the-row" not in str(job)
    refused = demo.http.get(f"/api/analytics/exports/{job_id}/download")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_completed")
    assert demo.post(job_id, "retry").status_code == 202
    again = demo.settled(job_id)
    assert (again["status"], again["attempt"]) == ("failed", 2)
    assert stack.objects_of(job_id) == ([], [])


def test_a_completed_job_is_neither_cancelled_nor_retried(demo):
    job_id = demo.completed(demo.export("airlines"))["job_id"]
    answers = [demo.post(job_id, verb) for verb in ("cancel", "retry")]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(409, "wrong_status")] * 2


def test_a_cancelled_job_is_retried_as_a_new_attempt(stack, demo):
    job_id = demo.export("steady_rows")
    demo.under_way(job_id)
    assert demo.post(job_id, "cancel").status_code == 202
    assert demo.look(job_id)["status"] == "cancelled"
    assert demo.post(job_id, "retry").status_code == 202
    job = demo.completed(job_id)
    assert job["attempt"] == 2
    keys, uploads = stack.objects_of(job_id)
    assert (len(keys), uploads) == (1, [])
    assert f"/{job_id}/2/" in keys[0]


def test_what_was_kept_is_rendered_as_a_direct_export_would_be(stack, demo):
    direct = demo.completed(demo.export("airlines", "jsonl"))
    kept = demo.export("airlines", "xlsx", options={"keep_result": True})
    demo.completed(kept)
    files, _ = stack.objects_of(kept)
    assert sorted(file.rpartition("/")[2] for file in files) == ["airlines.xlsx", "airlines.xlsx.kept.parquet"]
    answer = demo.http.post(f"/api/analytics/exports/{kept}/renditions", json={"format": "jsonl"})
    again = demo.completed(answer.json()["job_id"])
    [row] = stack.sql(
        "SELECT metadata->'rendition'->>'kept_by' AS kept_by FROM export_jobs WHERE id = %s", again["job_id"]
    )
    assert (row["kept_by"], again["sha256"]) == (kept, direct["sha256"])
    assert demo.download(again) == demo.download(direct)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"dataset_id": "no_such_dataset"}, "unknown_dataset"),
        ({"format": "docx"}, "unknown_format"),
        ({"account_ids": ["no-such-account"]}, "unknown_account"),
        ({"tag_ids": ["no-such-tag"]}, "unknown_tag"),
        ({"columns": ["no_such_column"]}, "unknown_column"),
        ({"options": {"no_such_option": True}}, "invalid_option"),
        ({"start_date": "2024-02-01", "end_date": "2024-01-01"}, "invalid_date_range"),
        ({"dataset_id": "airlines", "start_date": "2024-02-01"}, "filter_not_supported"),
        ({"start_date": "0000-01-01"}, "invalid_request"),
        ({"columns": ["\x00"]}, "invalid_request"),
    ],
)
def test_what_cannot_be_met_is_refused_before_it_is_queued(demo, body, code):
    answer = demo.request("fct_transactions", **body) if "dataset_id" not in body and "format" not in body else None
    answer = answer or demo.http.post(
        "/api/analytics/exports", json={"dataset_id": "fct_transactions", "format": "csv"} | body
    )
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    codes = {problem["code"], *(each["code"] for each in problem.get("errors", ()))}
    assert answer.status_code in {404, 422}
    assert code in codes
