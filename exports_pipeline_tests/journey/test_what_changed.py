"""The rows in which a result differs from the last one arrive beside it, from the real stack."""

import csv
import hashlib
from collections import Counter

import httpx
import pytest

from exports_pipeline_tests.journey.far_ends import mail_to
from exports_pipeline_tests.journey.running_stack import wait_until

pytestmark = pytest.mark.slow

MAILBOX = "bert@example.com"
SCHEDULES, DESTINATIONS = "/api/analytics/schedules", "/api/analytics/destinations"
MAIL = {"channel": "email", "address": MAILBOX, "options": {"attach": True}}


@pytest.fixture(scope="module")
def changed(demo, far_ends):
    """The job of a schedule whose result has lost all rows but those of one account since the last one."""
    far_ends.webhooks.taken.clear()
    recipients = []
    for name, place in (("Changes by mail", MAIL), ("Changes by SFTP", far_ends.bank), ("Hook", far_ends.hook)):
        saved = demo.http.post(DESTINATIONS, json={"name": name, **place}).json()
        recipients.append({"channel": place["channel"], "destination_id": saved["id"]})
    wish = {"name": "Changes", "kind": "export", "body": {"dataset_id": "fct_transactions"}, "format": "xlsx"}
    times = {"cron": "@yearly", "condition": "changed", "key": ["transaction_id"]}
    answer = demo.http.post(SCHEDULES, json={**wish, **times, "recipients": recipients})
    assert answer.status_code == 201, answer.text
    path = f"{SCHEDULES}/{answer.json()['id']}"
    ran(demo, path)
    body = {"dataset_id": "fct_transactions", "account_ids": ["demo-checking"]}
    assert demo.http.patch(path, json={"body": body}).status_code == 200
    job = ran(demo, path)
    deliveries = f"/api/analytics/exports/{job['job_id']}/deliveries"
    wait_until(
        lambda: [each["state"] for each in demo.http.get(deliveries).json()["items"]] == ["sent"] * 3,
        told="all deliveries",
    )
    return job


def ran(demo, path):
    [job_id] = demo.http.post(f"{path}/run").json()["job_ids"]
    return demo.completed(job_id)


def test_the_rows_that_differ_are_a_file_in_every_form(stack, demo, far_ends, changed):
    body = httpx.get(changed["changes_url"]).content
    header, *rows = csv.reader(body.decode().splitlines())
    assert header[:2] == ["change", "transaction_id"]
    assert Counter(row[0] for row in rows).keys() == {"removed"}
    assert "demo-checking" not in {row[header.index("account_id")] for row in rows}

    name = changed["download_name"].removesuffix(".xlsx") + ".changes.csv"
    uploaded = far_ends.uploaded()
    assert uploaded[name] == body
    assert hashlib.sha256(uploaded[changed["download_name"]]).hexdigest() == changed["sha256"]

    mail = mail_to(stack.home, MAILBOX)[-1]
    assert {each.get_filename(): each.get_content() for each in mail.iter_attachments()}[name] == body.decode()
    told = mail.get_body(("plain",)).get_content()
    assert f"0 rows added, {len(rows)} removed, 0 changed" in told

    [changes] = [
        data["data"]["changes"] for _, _, data in far_ends.webhooks.taken if data["data"]["job_id"] == changed["job_id"]
    ]
    assert (changes["row_count"], changes["sha256"]) == (len(rows), hashlib.sha256(body).hexdigest())
    assert httpx.get(changes["download_url"], follow_redirects=True).content == body


def test_no_row_of_it_is_in_the_ledger(stack, changed):
    [row] = stack.sql("SELECT metadata::text AS told FROM export_jobs WHERE id = %s", changed["job_id"])
    assert ".changes.csv" in row["told"]
    assert "demo-savings" not in row["told"]
    assert "demo-card" not in row["told"]
