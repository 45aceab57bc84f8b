"""Events, metrics, insights and activity over HTTP, over Postgres behind its second wall: figures of one's own."""

import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline_tests.api_client import ApiClient, run
from exports_pipeline_tests.fakes.clock import NOON

API = "/api/analytics"
TODAY = {"from": NOON.date().isoformat(), "to": NOON.date().isoformat()}


def sent(client, *labels):
    """The caller's events, one of each label, in the campaign of all of them."""
    event = {"event_type": "conversation", "campaign": "spring", "occurred_at": NOON.isoformat()}
    events = [event | {"id": f"e-{place}", "label": each, "customer": each} for place, each in enumerate(labels)]
    return client.post(f"{API}/events", json=events).json()


def test_events_are_counted_for_those_who_sent_them(ann, bob, ports):
    assert (sent(ann, "yes", "no")["accepted"], sent(bob, "yes")["accepted"]) == (2, 1)
    assert (sent(ann, "yes", "no")["duplicates"], sent(bob, "no")["duplicates"]) == (2, 1)
    assert ports.metrics.roll_up(NOON).events == 3
    for client, conversations in ((ann, 2), (bob, 1)):
        answer = client.get(f"{API}/metrics/conversations", params=TODAY).json()
        assert [line["total"] for line in answer["lines"]] == [conversations]
        [campaign] = client.get(f"{API}/campaigns", params=TODAY).json()["items"]
        assert campaign["campaign"] == "spring"


@pytest.mark.parametrize("is_rolled_up", [True, False])
def test_insights_are_ones_own_and_everybodys_for_administrators(ann, bob, admin, ports, is_rolled_up):
    for client in (ann, ann, bob):
        run(ports, client.export().json()["job_id"])
    if is_rolled_up:
        assert ports.insights.roll_up() == 3
    for client, asked, jobs in (
        (ann, {}, 2),
        (bob, {}, 1),
        (admin, {}, 3),
        (admin, {"user": str(user_id("bob"))}, 1),
        (ann, {"dataset": "sales", "destination": "manual"}, 2),
        (ann, {"destination": "manual", "plan": ""}, 2),
        (admin, {"destination": "manual", "plan": ""}, 3),
    ):
        counted = client.get(f"{API}/insights/counts", params={"by": "dataset", **TODAY, **asked}).json()
        assert counted["total"]["completed"] == jobs, counted


def test_what_people_did_is_told_to_themselves_and_to_auditors(ann, bob, app, ports):
    for client in (ann, ann, bob):
        assert client.export().status_code == 202
    ports.activity.roll_up()
    auditor = ApiClient(app, user="eve", permissions=("VIEW_AUDIT",))
    for client, people in ((ann, 1), (bob, 1), (auditor, 2)):
        users = client.get(f"{API}/activity/users", params=TODAY).json()["items"]
        assert len([each for each in users if each["user_id"] != str(user_id("eve"))]) == people
