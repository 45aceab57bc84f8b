"""Schedules that are paused, run now and stopped, and the tick ledger that tells of it."""

from uuid import uuid4

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.api_client import run
from exports_pipeline_tests.schedule_client import SCHEDULES, USERS, created, patched, ticked, windows


def test_what_is_paused_does_not_run_and_is_not_caught_up(ann, ports):
    schedule = created(ann, catch_up="all")
    assert ann.post(f"{SCHEDULES}/{schedule['id']}/pause").json()["next_window_at"] is None
    assert ticked(ports, hours=72).due == 0
    resumed = ann.post(f"{SCHEDULES}/{schedule['id']}/resume").json()
    assert (resumed["is_active"], resumed["next_window_at"]) == (True, "2026-03-05T06:30:00Z")
    assert ticked(ports, hours=1).due == 0
    assert ports.jobs.jobs == {}


def test_a_deleted_schedule_is_gone(ann, ports):
    schedule = created(ann)
    assert ann.call("DELETE", f"{SCHEDULES}/{schedule['id']}").status_code == 204
    assert ann.get(f"{SCHEDULES}/{schedule['id']}").status_code == 404
    assert ticked(ports, hours=48).due == 0


def test_run_now_makes_a_job_at_once_and_leaves_the_windows_alone(ann, ports, dispatched):
    schedule = created(ann)
    answer = ann.post(f"{SCHEDULES}/{schedule['id']}/run")
    assert answer.status_code == 202
    window = answer.json()
    assert (window["by_hand"], window["state"], len(dispatched)) == (True, "pending", 1)
    [job_id] = window["job_ids"]
    run(ports, job_id)
    assert ticked(ports, hours=0).due == 0
    [line] = windows(ann, schedule)["items"]
    assert (line["state"], line["job_ids"]) == ("ran", [job_id])
    assert ann.get(f"{SCHEDULES}/{schedule['id']}").json()["next_window_at"] == schedule["next_window_at"]
    assert [each.recipient.channel for each in ports.jobs.deliveries.values()] == [Channel.TELEGRAM]


def test_the_tick_ledger_tells_of_every_window(ann, ports):
    schedule = created(ann)
    ticked(ports, hours=96)
    first = windows(ann, schedule, "?limit=3")
    rest = windows(ann, schedule, f"?limit=3&cursor={first['next_cursor']}")
    lines = first["items"] + rest["items"]
    assert [line["state"] for line in lines] == ["pending", "skipped", "skipped", "skipped"]
    assert lines[1]["reason"] == "Superseded after an outage."
    assert lines[0]["local"] == "2026-03-05T07:30:00+01:00"


def test_an_administrator_deactivates_and_activates_a_user(ann, admin, ports):
    schedule = created(ann)
    mine = user_id("ann")
    assert ann.post(f"{USERS}/{mine}/deactivate").status_code == 403
    assert admin.post(f"{USERS}/{uuid4()}/deactivate").status_code == 404
    assert admin.post(f"{USERS}/{mine}/deactivate").json() == {"user_id": str(mine), "is_active": False}
    ticked(ports, hours=24)
    assert ann.get(f"{SCHEDULES}/{schedule['id']}").json()["code"] == "user_deactivated"
    stopped = admin.get(f"{SCHEDULES}/{schedule['id']}").json()
    assert (stopped["is_active"], "deactivated" in stopped["paused_reason"]) == (False, True)
    assert admin.post(f"{USERS}/{mine}/activate").json()["is_active"] is True
    assert ann.post(f"{SCHEDULES}/{schedule['id']}/resume").json()["paused_reason"] is None
    actions = [entry.action for entry in ports.audit.audit]
    assert [each for each in actions if each.startswith("user.")] == ["user.deactivated", "user.activated"]


def test_everything_that_is_done_to_a_schedule_stands_in_the_audit_log(ann, ports):
    schedule = created(ann)
    patched(ann, schedule, name="New")
    ann.post(f"{SCHEDULES}/{schedule['id']}/run")
    ann.call("DELETE", f"{SCHEDULES}/{schedule['id']}")
    actions = [entry.action for entry in ports.audit.audit if entry.action.startswith("schedule.")]
    assert actions == ["schedule.created", "schedule.changed", "schedule.run_by_hand", "schedule.deleted"]


def test_what_others_rights_show_is_not_for_the_owner_of_the_schedule(ann, bob, ports):
    bobs = bob.export().json()["job_id"]
    run(ports, bobs)
    mine, theirs = ({"channel": "telegram", "address": str(user_id(name))} for name in ("ann", "bob"))
    schedule = created(ann, per_recipient=True, recipients=[mine, theirs])
    window = ann.post(f"{SCHEDULES}/{schedule['id']}/run").json()
    for job_id in window["job_ids"]:
        run(ports, job_id)
    seen = {
        client: [client.get(f"/api/analytics/exports/{job_id}") for job_id in window["job_ids"]]
        for client in (ann, bob)
    }
    assert {client: sorted(each.status_code for each in answers) for client, answers in seen.items()} == {
        ann: [200, 404],
        bob: [200, 404],
    }
    rows = {
        client: [each.json()["row_count"] for each in answers if each.status_code == 200]
        for client, answers in seen.items()
    }
    assert rows == {ann: [3], bob: [2]}
