"""Labels of a request: taken, kept, shown, inherited and looked for."""

from uuid import UUID

import pytest

from exports_pipeline.adapters.export_runs import run_tags
from exports_pipeline.core.catalog import user_id
from exports_pipeline_tests.api_client import EXPORTS, run
from exports_pipeline_tests.schedule_client import REPORT, created, ticked

LABELS = {"list": "newsletter", "plan": "spring ☀"}


def shown(client, query):
    return {each["job_id"] for each in client.get(f"{EXPORTS}?{query}").json()["items"]}


def test_labels_are_shown_written_on_the_run_and_in_the_receipt(ann, ports):
    answer = ann.export(labels=LABELS)
    assert ann.get(answer.headers["location"]).json()["labels"] == LABELS
    job_id = answer.json()["job_id"]
    tags = run_tags(ports.jobs.get(UUID(job_id)))
    assert (tags["exports/list"], tags["exports/plan"]) == ("newsletter", "spring ☀")
    run(ports, job_id)
    assert ann.get(f"{EXPORTS}/{job_id}/manifest").json()["labels"] == LABELS


def test_a_request_without_labels_has_none(ann):
    answer = ann.export(labels={"plan": None})
    assert ann.get(answer.headers["location"]).json()["labels"] == {"list": None, "plan": None}


def test_a_report_takes_labels_too(ann):
    answer = ann.post("/api/analytics/reports", json=REPORT | {"format": "html", "labels": {"list": "board"}})
    assert ann.get(answer.headers["location"]).json()["labels"] == {"list": "board", "plan": None}


def test_a_rendition_has_the_labels_of_its_result(ann, ports):
    job_id = ann.export(labels=LABELS).json()["job_id"]
    run(ports, job_id)
    answer = ann.post(f"{EXPORTS}/{job_id}/renditions", json={"format": "json"})
    assert ann.get(answer.headers["location"]).json()["labels"] == LABELS


def test_jobs_of_a_schedule_have_the_labels_in_its_body(ann, ports):
    schedule = created(ann, body={"dataset_id": "sales", "labels": {"plan": "daily"}})
    assert schedule["body"]["labels"] == {"plan": "daily"}
    ticked(ports, hours=24)
    assert [job.labels.plan for job in ports.jobs.jobs.values()] == ["daily"]


@pytest.mark.parametrize("text", ["", "x" * 201, "a\nb", "a\x00", "tab\t", "\x7f", "line\u2028"])
def test_a_label_is_one_line_of_at_most_two_hundred_characters(ann, text):
    code, [(field, _)] = ann.refusal(labels={"plan": text})
    assert (code, field) == ("invalid_request", "labels.plan")


def test_a_label_of_another_name_is_refused(ann):
    assert ann.refusal(labels={"campaign": "x"})[1] == [("labels.campaign", "unknown_field")]


def test_requests_of_two_plans_do_not_share_a_job_and_do_not_share_a_key(ann):
    one = ann.export(labels={"plan": "a"}, share=True).json()["job_id"]
    assert ann.export(labels={"plan": "a"}, share=True).json()["job_id"] == one
    assert ann.export(labels={"plan": "b"}, share=True).json()["job_id"] != one
    body = {"dataset_id": "sales", "format": "csv", "labels": {"plan": "a"}}
    key = {"Idempotency-Key": "k"}
    assert ann.post(EXPORTS, json=body, headers=key).status_code == 202
    other = ann.post(EXPORTS, json=body | {"labels": {"plan": "b"}}, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"


def test_the_list_is_filtered_by_labels_and_by_having_none(ann):
    spring = ann.export(labels={"plan": "spring"}).json()["job_id"]
    both = ann.export(labels={"plan": "spring", "list": "l"}, format="json").json()["job_id"]
    none = ann.export().json()["job_id"]
    assert shown(ann, "plan=spring") == {spring, both}
    assert shown(ann, "list=l&plan=spring&format=json&tag=finance&type=export&destination=manual") == {both}
    assert shown(ann, "plan=") == {none}
    assert shown(ann, "tag=&plan=") == set()


def test_jobs_of_others_are_listed_for_those_who_manage_exports(ann, bob, admin):
    mine, others = ann.export().json()["job_id"], bob.export().json()["job_id"]
    assert shown(admin, "user=all") == {mine, others}
    assert shown(admin, f"user={user_id('bob')}") == {others}
    assert shown(ann, f"user={user_id('ann')}") == {mine}
    for query in ("user=all", f"user={user_id('bob')}"):
        assert ann.get(f"{EXPORTS}?{query}").status_code == 403


def test_the_list_is_filtered_by_when_jobs_ended(ann, ports):
    done, open_job = ann.export().json()["job_id"], ann.export().json()["job_id"]
    run(ports, done)
    today = ports.clock().date().isoformat()
    assert shown(ann, f"completed_from={today}&completed_to={today}") == {done}
    assert shown(ann, "completed_to=2020-01-01") == set()
    assert open_job in shown(ann, "")
