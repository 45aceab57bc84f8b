"""Export jobs: looking, listing, downloading, cancelling, retrying."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from exports_api.paging import encode_cursor
from exports_pipeline.core.export_job import Progress
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline_tests.api_client import EXPORTS, run

FIELDS = {
    *("job_id", "status", "dataset_id", "dataset_name", "format", "filters", "progress", "attempt", "row_count"),
    *("file_size_bytes", "sha256", "download_url", "expires_at", "created_at", "started_at", "completed_at", "error"),
}


def requested(client, **body):
    return client.export(**body).json()["job_id"]


def claimed(ports, job_id, attempt=1):
    return ports.jobs.claim(UUID(job_id), attempt, run_id="run", now=ports.clock())


def ids(answer):
    return [each["job_id"] for each in answer.json()["items"]]


def test_a_pending_job_tells_its_place_in_the_queue(ann, ports):
    requested(ann)
    ports.clock.advance(1)
    answer = ann.get(f"{EXPORTS}/{requested(ann)}")
    job = answer.json()
    assert set(job) >= FIELDS
    assert (job["status"], job["queue_position"], job["estimated_wait_s"]) == ("pending", 2, 1.0)
    assert job["progress"] == {"rows": 0, "total_rows": None, "percent": 0.0, "bytes": 0}
    assert (answer.headers["cache-control"], answer.headers["retry-after"]) == ("no-store", "1")
    assert all(
        job[name] is None
        for name in ("row_count", "file_size_bytes", "sha256", "download_url", "expires_at", "started_at", "error")
    )


def test_a_running_job_tells_how_far_it_is(ann, ports):
    job_id = requested(ann)
    claimed(ports, job_id)
    ports.jobs.beat(UUID(job_id), 1, Progress(rows=30, total_rows=120, bytes=4096), now=ports.clock())
    answer = ann.get(f"{EXPORTS}/{job_id}")
    assert answer.json()["progress"] == {"rows": 30, "total_rows": 120, "percent": 25.0, "bytes": 4096}
    assert answer.json()["queue_position"] is None
    assert answer.headers["retry-after"] == "1"


def test_a_completed_job_has_a_link_until_its_file_expires(ann, ports, completed):
    answer = ann.get(f"{EXPORTS}/{completed}")
    job = answer.json()
    assert (job["status"], job["row_count"], job["attempt"]) == ("completed", 3, 1)
    assert job["download_url"].startswith("https://objects.test/exports/")
    assert job["download_url"].endswith("valid=3600")
    assert (len(job["sha256"]), job["progress"]["percent"], job["error"]) == (64, 100.0, None)
    assert job["created_at"] == "2026-03-01T12:00:00Z"
    assert "retry-after" not in answer.headers
    ports.clock.advance(24 * 3600)
    assert ann.get(f"{EXPORTS}/{completed}").json()["download_url"] is None


def test_a_failed_job_says_why_and_who_can_mend_it(ann, ports):
    job_id = requested(ann)
    claimed(ports, job_id)
    ports.jobs.fail(UUID(job_id), 1, QueryTooLarge(), now=ports.clock())
    job = ann.get(f"{EXPORTS}/{job_id}").json()
    assert job["status"] == "failed"
    assert (job["error"]["code"], job["error"]["fault"]) == ("query_too_large", "requester")
    assert "memory" in job["error"]["message"]


@pytest.mark.parametrize("action", ["", "/download", "/cancel", "/retry"])
def test_a_job_of_somebody_else_is_as_unknown_as_one_that_does_not_exist(bob, completed, action):
    method = "POST" if action in {"/cancel", "/retry"} else "GET"
    theirs = bob.call(method, f"{EXPORTS}/{completed}{action}")
    nobodys = bob.call(method, f"{EXPORTS}/{uuid4()}{action}")
    malformed = bob.call(method, f"{EXPORTS}/1{action}")
    for answer in (theirs, nobodys, malformed):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_export_job")
    assert set(theirs.json()) == set(nobodys.json())


def test_who_manages_exports_sees_jobs_of_others(admin, completed):
    assert admin.get(f"{EXPORTS}/{completed}").status_code == 200
    assert admin.get(EXPORTS).json()["items"] == []


def test_download_redirects_to_the_file_and_is_noted(ann, ports, completed):
    answer = ann.get(f"{EXPORTS}/{completed}/download")
    assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
    assert answer.headers["location"].startswith("https://objects.test/exports/")
    assert ports.audit.audit[-1].action == "export.download_link"


def test_there_is_no_download_before_and_after_the_file(ann, ports, completed):
    early = ann.get(f"{EXPORTS}/{requested(ann)}/download")
    assert (early.status_code, early.json()["code"]) == (409, "not_completed")
    ports.clock.advance(24 * 3600)
    late = ann.get(f"{EXPORTS}/{completed}/download")
    assert (late.status_code, late.json()["code"]) == (410, "result_expired")
    told = ann.get(f"{EXPORTS}/{completed}").json()
    assert (told["status"], told["download_url"]) == ("completed", None)
    assert datetime.fromisoformat(told["expires_at"]) <= ports.clock()


def test_a_pending_or_running_job_can_be_cancelled_once(ann, ports, dispatched):
    for begin in (lambda _: None, lambda job_id: claimed(ports, job_id)):
        job_id = requested(ann)
        begin(job_id)
        dispatched.clear()
        answer = ann.post(f"{EXPORTS}/{job_id}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
        assert answer.headers["location"] == f"{EXPORTS}/{job_id}"
        assert dispatched == [True]
        again = ann.post(f"{EXPORTS}/{job_id}/cancel")
        assert (again.status_code, again.json()["code"]) == (409, "wrong_status")


def test_a_cancelled_job_can_be_retried_as_a_new_attempt(ann, ports, dispatched, completed):
    job_id = requested(ann)
    assert ann.post(f"{EXPORTS}/{job_id}/retry").status_code == 409
    assert ann.post(f"{EXPORTS}/{completed}/retry").status_code == 409
    ann.post(f"{EXPORTS}/{job_id}/cancel")
    dispatched.clear()
    answer = ann.post(f"{EXPORTS}/{job_id}/retry")
    assert (answer.status_code, answer.json()["status"], dispatched) == (202, "pending", [True])
    run(ports, job_id)
    job = ann.get(f"{EXPORTS}/{job_id}").json()
    assert (job["status"], job["attempt"]) == ("completed", 2)


def test_the_list_is_paged_without_gaps_or_repeats_while_jobs_are_added(ann, bob, ports):
    mine = []
    for place in range(7):
        mine.append(requested(ann))
        requested(bob)
        if place % 3 == 2:  # some share a time
            ports.clock.advance(60)
    seen, cursor = [], ""
    while cursor is not None:
        answer = ann.get(f"{EXPORTS}?limit=3" + (f"&cursor={cursor}" if cursor else ""))
        seen += ids(answer)
        cursor = answer.json()["next_cursor"]
        requested(ann)
    assert sorted(seen) == sorted(mine)
    times = [ports.jobs.get(UUID(each)).created_at for each in seen]
    assert times == sorted(times, reverse=True)


def test_a_list_that_ends_with_a_full_page_says_so(ann):
    requested(ann)
    requested(ann)
    assert ann.get(f"{EXPORTS}?limit=2").json()["next_cursor"] is None


def test_the_list_is_filtered_by_status_dataset_and_time(ann, ports, completed):
    ports.clock.advance(24 * 3600)
    later = requested(ann, dataset_id="airports")
    assert ids(ann.get(f"{EXPORTS}?status=completed")) == [completed]
    assert ids(ann.get(f"{EXPORTS}?dataset=airports")) == [later]
    dataset = ann.get(f"{EXPORTS}/{later}").json()["dataset_id"]
    assert ids(ann.get(f"{EXPORTS}?dataset={dataset.upper()}")) == [later]
    assert ids(ann.get(f"{EXPORTS}?created_to=2026-03-01")) == [completed]
    assert ids(ann.get(f"{EXPORTS}?created_from=2026-03-02")) == [later]
    assert ids(ann.get(f"{EXPORTS}?created_from=2026-03-01T12:00:00Z&created_to=2026-03-02T12:00:00Z")) == [completed]
    assert ids(ann.get(f"{EXPORTS}?created_from=2026-03-01T14:00:01%2B02:00")) == [later]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("status=done", "status"),
        ("created_from=soon", "created_from"),
        ("created_from=2026-03-01T12:00:00", "created_from"),
        ("created_to=9999-12-31", "created_to"),
        ("created_from=0001-01-01T00:00:00%2B14:00", "created_from"),
        ("dataset=%00", "dataset"),
        ("stauts=failed", "stauts"),
        ("cursor=", "cursor"),
        ("cursor=rubbish", "cursor"),
        ("cursor=%C3%A4", "cursor"),
        (f"cursor={'A' * 40}", "cursor"),
        (f"cursor={'A' * 101}", "cursor"),
    ],
)
def test_a_malformed_query_is_refused_by_name(ann, query, field):
    answer = ann.get(f"{EXPORTS}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_damaged_cursor_is_refused(ann):
    cursor = encode_cursor(datetime(2026, 3, 1, tzinfo=UTC), uuid4())
    assert ann.get(f"{EXPORTS}?cursor={cursor}").status_code == 200
    for place in range(0, len(cursor) - 1, 5):
        damaged = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        assert ann.get(f"{EXPORTS}?cursor={damaged}").json()["code"] == "invalid_cursor"


def test_links_in_a_list_are_fresh(ann, ports, completed):
    ports.clock.advance(3600)
    assert ann.get(EXPORTS).json()["items"][0]["download_url"].endswith("valid=3600")
    ports.clock.now += timedelta(days=2)
    assert ann.get(EXPORTS).json()["items"][0]["download_url"] is None


def test_a_workbook_that_is_split_says_so_as_soon_as_its_rows_are_counted(ann, ports):
    job_id = requested(ann, format="xlsx")
    assert ann.get(f"{EXPORTS}/{job_id}").json()["sheets"] is None
    ports.jobs.claim(UUID(job_id), 1, run_id="run", now=ports.clock())
    ports.jobs.beat(UUID(job_id), 1, Progress(total_rows=1_048_576), now=ports.clock())
    assert ann.get(f"{EXPORTS}/{job_id}").json()["sheets"] == 2
