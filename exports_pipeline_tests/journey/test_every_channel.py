"""A schedule of the real stack delivers a workbook by every channel, once for each of its windows."""

import hashlib
import re
from collections import Counter
from io import BytesIO

import httpx
import openpyxl
import pytest

from exports_pipeline_tests.journey.far_ends import mail_to
from exports_pipeline_tests.journey.running_stack import wait_until

pytestmark = pytest.mark.slow

CHAT, MAILBOX, CHANNEL = "77", "ann@example.com", "C0123456789"
SCHEDULES, DESTINATIONS = "/api/analytics/schedules", "/api/analytics/destinations"


@pytest.fixture(scope="module")
def ann(stack):
    return stack.caller("ann")


@pytest.fixture(scope="module")
def places(ann, far_ends):
    """The ids of the destinations, by channel; each was reached."""
    saved = {}
    for name, place in (("Bank", far_ends.bank), ("Hook", far_ends.hook)):
        answer = ann.http.post(DESTINATIONS, json={"name": name, **place})
        assert answer.status_code == 201, answer.text
        trial = ann.http.post(f"{DESTINATIONS}/{answer.json()['id']}/test").json()
        assert trial["ok"], trial
        saved[place["channel"]] = answer.json()["id"]
    assert far_ends.uploaded() == {}
    far_ends.webhooks.taken.clear()
    return saved


@pytest.fixture(scope="module")
def delivered(stack, ann, far_ends, places):
    """The schedule's windows, each with its job, after at least two of them; it makes no more."""
    recipients = [
        {"channel": "email", "address": MAILBOX},
        {"channel": "slack", "address": CHANNEL},
        {"channel": "telegram", "address": CHAT},
        *({"channel": channel, "destination_id": place} for channel, place in places.items()),
    ]
    wish = {"name": "Airlines", "kind": "export", "body": {"dataset_id": "airlines"}, "format": "xlsx"}
    answer = ann.http.post(SCHEDULES, json={**wish, "cron": "* * * * *", "recipients": recipients})
    assert answer.status_code == 201, answer.text
    path = f"{SCHEDULES}/{answer.json()['id']}"

    def windows(*states):
        found = ann.http.get(f"{path}/windows").json()["items"]
        return [each for each in found if each["state"] in states]

    wait_until(lambda: len(windows("ran", "late")) >= 2, within_s=300, told="two windows of the schedule")
    assert ann.http.post(f"{path}/pause").status_code == 200
    wait_until(lambda: not windows("pending"), told="the end of the last window")
    jobs = {job_id: ann.look(job_id) for window in windows("ran", "late") for job_id in window["job_ids"]}
    wait_until(lambda: all(has_arrived(ann, job_id) for job_id in jobs), told="all deliveries")
    return jobs


def has_arrived(ann, job_id):
    rows = ann.http.get(f"/api/analytics/exports/{job_id}/deliveries").json()["items"]
    assert not [row for row in rows if row["state"] == "failed"], rows
    return [row["state"] for row in rows] == ["sent"] * 5


def job_ids_in(texts):
    """How often each job is named, by its id."""
    return Counter(re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)[0] for text in texts)


def test_each_window_made_one_job_and_each_job_reached_everybody_once(stack, far_ends, delivered):
    once = dict.fromkeys(delivered, 1)
    mail = [each.get_body(("plain",)).get_content() for each in mail_to(stack.home, MAILBOX)]
    chats = [each["text"] for each in far_ends.telegram.messages if each["chat_id"] == CHAT]
    posted = [each["text"] for each in far_ends.slack.messages if each["channel"] == CHANNEL]
    hooked = [body["data"]["job_id"] for _, _, body in far_ends.webhooks.taken]
    assert job_ids_in(mail) == once
    assert job_ids_in(chats) == once
    assert job_ids_in(posted) == once
    assert Counter(hooked) == once


def test_the_workbook_lies_on_the_sftp_server_byte_for_byte(far_ends, delivered):
    ((name, body),) = far_ends.uploaded().items()
    assert name.startswith("airlines")
    assert hashlib.sha256(body).hexdigest() in {job["sha256"] for job in delivered.values()}
    assert openpyxl.load_workbook(BytesIO(body)).worksheets[0].max_row == 17  # 16 airlines and a header


def test_the_link_in_the_mail_opens_the_workbook(stack, delivered):
    first = mail_to(stack.home, MAILBOX)[0].get_body(("plain",)).get_content()
    link = re.search(rf"{re.escape(stack.api_url)}/d/\S+", first)[0]
    body = httpx.get(link, follow_redirects=True).content
    assert hashlib.sha256(body).hexdigest() in {job["sha256"] for job in delivered.values()}


def test_an_operator_finds_the_runs_by_their_schedule(stack, delivered):
    for job_id in delivered:
        tags = {each["key"]: each["value"] for each in stack.run_of(job_id)["tags"]}
        assert tags["exports/recipient_count"] == "5"
        assert {"exports/schedule", "exports/window"} <= set(tags)


def test_no_secret_of_a_destination_reaches_logs_or_the_ledger(stack, far_ends, delivered):
    secrets = [far_ends.bank["secrets"]["password"], far_ends.hook["secrets"]["secret"]]
    logs = "".join(path.read_text(errors="replace") for path in (stack.home / "logs").iterdir())
    rows = str(
        [stack.sql(f"SELECT * FROM {table}") for table in ("destinations", "deliveries", "audit_log", "export_jobs")]
    )
    for secret in secrets:
        assert secret not in logs
        assert secret not in rows
