"""What has changed in the result of a schedule, over HTTP: a link in the message, and one in the status."""

import re
from datetime import timedelta

import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline_tests.api_client import EXPORTS, run
from exports_pipeline_tests.schedule_client import SCHEDULES, created

ANN = user_id("ann")


def ran_now(client, ports, schedule):
    [job_id] = client.post(f"{SCHEDULES}/{schedule['id']}/run").json()["job_ids"]
    run(ports, job_id)
    ports.clock.advance(60)
    return job_id


@pytest.fixture
def changed(ann, ports):
    """The id of a job whose result has one row less than the one before."""
    schedule = created(ann, condition="changed")
    ran_now(ann, ports, schedule)
    ports.warehouse.rows_by_dataset["sales"].pop(0)
    return ran_now(ann, ports, schedule)


@pytest.fixture
def link(changed, ports):
    """The link to what has changed, in the last message that was sent."""
    deliver(ports)
    return re.search(r'http://127\.0\.0\.1:8000(/d/[\w-]+/changes)"', ports.senders["telegram"].sent[-1][1])[1]


def test_the_status_has_a_fresh_link_to_it(ann, changed, completed):
    for seen in (ann.get(f"{EXPORTS}/{changed}").json(), ann.get(EXPORTS).json()["items"][1]):
        assert seen["job_id"] == changed
        assert seen["changes_url"].endswith("/1/sales_2026-01-01.changes.csv?valid=3600")
    assert ann.get(f"{EXPORTS}/{completed}").json()["changes_url"] is None


def test_the_status_has_no_link_to_it_when_it_has_expired(ann, ports, changed):
    ports.clock.now = ports.jobs.jobs[next(iter(ports.jobs.jobs))].expires_at + timedelta(hours=1)
    assert ann.get(f"{EXPORTS}/{changed}").json()["changes_url"] is None


def test_the_link_in_the_message_redirects_to_a_fresh_url_and_counts(ann, ports, link, changed):
    opened = ann.get(link, anonymous=True)
    assert (opened.status_code, opened.headers["cache-control"]) == (307, "no-store")
    assert opened.headers["location"].endswith("/sales_2026-01-01.changes.csv?valid=300")
    (item,) = ann.get(f"{EXPORTS}/{changed}/deliveries").json()["items"]
    assert item["link"]["opened"] == 1
    assert [each.action for each in ports.jobs.audit].count("link.opened") == 1


def test_a_look_ahead_at_it_counts_for_nothing(ann, ports, link):
    assert ann.call("HEAD", link, anonymous=True).status_code == 204
    assert sum(each.opened for each in ports.links.links.values()) == 0


def test_it_closes_with_the_link_of_the_result(ann, ports, link):
    ports.users.set_active(ANN, is_active=False, at=ports.clock())
    assert ann.get(link, anonymous=True).status_code == 403
    ports.users.set_active(ANN, is_active=True, at=ports.clock())
    ports.clock.advance(timedelta(hours=24).total_seconds())
    assert ann.get(link, anonymous=True).json()["code"] == "link_closed"


def test_where_nothing_is_told_of_changes_there_is_nothing_behind_the_link(ann, ports):
    job_id = ann.export(recipients=[{"channel": "telegram", "address": "42"}]).json()["job_id"]
    run(ports, job_id)
    deliver(ports)
    path = re.search(r"(/d/[\w-]+)\"", ports.senders["telegram"].sent[-1][1])[1]
    assert ann.get(f"{path}/changes", anonymous=True).json()["code"] == "unknown_link"
    assert sum(each.opened for each in ports.links.links.values()) == 0
