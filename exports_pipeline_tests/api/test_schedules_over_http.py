"""Schedules over HTTP: create, look, change, pause, run now, preview, and what is refused with its pointer."""

from urllib.parse import unquote
from uuid import UUID, uuid4

import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.schedule_client import DAILY, REPORT, SCHEDULES, created, patched, ticked, windows


def test_a_schedule_is_seen_as_it_was_created(ann):
    answer = ann.post(SCHEDULES, json=DAILY)
    seen = answer.json()
    assert answer.headers["location"] == f"{SCHEDULES}/{seen['id']}"
    assert ann.get(answer.headers["location"]).json() == seen
    assert {name: seen[name] for name in DAILY} == DAILY | {"format": ["csv"]}
    assert seen["in_words"] == "At 07:30"
    assert seen["next_window_at"] == "2026-03-02T06:30:00Z"
    assert (seen["is_active"], seen["catch_up"], seen["condition"]) == (True, "one", "always")
    assert seen["user_id"] == str(user_id("ann"))


def test_a_report_and_several_formats_recur(ann):
    seen = created(ann, kind="report", body=REPORT, format=["pdf", "xlsx", "pdf"], cron="@weekly")
    assert (seen["format"], seen["body"], seen["in_words"]) == (["pdf", "xlsx"], REPORT, "At 00:00, only on Sunday")


def test_the_format_may_stand_in_the_body(ann):
    body = {"dataset_id": "sales", "format": "parquet"}
    assert created(ann, body=body, format=None)["format"] == ["parquet"]
    assert created(ann, body=body, format="parquet")["body"] == {"dataset_id": "sales"}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": ""}, "name", "string_too_short"),
        ({"kind": "dance"}, "kind", "literal_error"),
        ({"body": []}, "body", "dict_type"),
        ({"body": {}}, "body.dataset_id", "missing_field"),
        ({"body": {"dataset_id": "nowhere"}}, "body.dataset_id", "unknown_dataset"),
        ({"body": {"dataset_id": "sales", "start_date": "yesterday"}}, "body.start_date", "malformed_date"),
        ({"body": {"dataset_id": "sales", "columns": ["x"]}}, "body.columns", "unknown_column"),
        ({"body": {"dataset_id": "sales", "options": {"bomb": True}}}, "body.options.bomb", "invalid_option"),
        ({"body": {"dataset_id": "sales", "account_ids": [[]]}}, "body.account_ids.0", "malformed_value"),
        ({"body": {"dataset_id": "sales", "recipients": []}}, "body.recipients", "unknown_field"),
        ({"body": {"dataset_id": "sales", "share": True}}, "body.share", "unknown_field"),
        ({"body": {"dataset_id": "sales", "{x}": 1}}, "body.{x}", "unknown_field"),
        ({"body": {"dataset_id": "sales", "format": "pdf"}}, "body.format", "invalid_schedule"),
        ({"kind": "report", "format": "pdf"}, "body.template", "missing_field"),
        ({"kind": "report", "format": "csv", "body": REPORT}, "format", "unknown_format"),
        ({"kind": "report", "format": "pdf", "body": {"template": "x"}}, "body.template", "unknown_template"),
        ({"format": "docx"}, "format", "unknown_format"),
        ({"format": []}, "format", "too_short"),
        ({"format": None}, "format", "invalid_schedule"),
        ({"cron": "0 25 * * *"}, "cron", "invalid_cron"),
        ({"cron": "* * * * *"}, "cron", "invalid_cron"),
        ({"cron": ""}, "cron", "string_too_short"),
        ({"timezone": "Mars/Olympus"}, "timezone", "invalid_schedule"),
        ({"recipients": [{"channel": "pigeon", "address": "x"}]}, "recipients.0.channel", "unknown_channel"),
        ({"recipients": [{"channel": "telegram"}]}, "recipients.0", "value_error"),
        ({"is_active": "yes"}, "is_active", "bool_type"),
        ({"catch_up": "some"}, "catch_up", "enum"),
        ({"condition": "never"}, "condition", "enum"),
        ({"key": ["day"]}, "key", "invalid_schedule"),
        ({"body": {"dataset_id": "sales", "period": "soon"}}, "body.period", "invalid_schedule"),
        (
            {"body": {"dataset_id": "sales", "period": "last_week", "start_date": "2026-01-01"}},
            "body.period",
            "invalid_schedule",
        ),
        ({"body": {"dataset_id": "airports", "period": "last_week"}}, "body.start_date", "filter_not_supported"),
        ({"key": ["x"], "condition": "changed"}, "key.0", "invalid_schedule"),
        ({"key": ["day", "card"], "condition": "changed"}, "key.1", "invalid_schedule"),
        ({"key": ["pin"], "condition": "changed"}, "key.0", "invalid_schedule"),
        ({"per_recipient": 1}, "per_recipient", "bool_type"),
        ({"per_recipient": True}, "per_recipient", "invalid_schedule"),
        ({"expires_at": "soon"}, "expires_at", "malformed_time"),
        ({"expires_at": "2026-03-01"}, "expires_at", "invalid_schedule"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_every_bad_field_is_pointed_at(ann, changes, field, code):
    given = {name: value for name, value in (DAILY | changes).items() if value is not None}
    answer = ann.post(SCHEDULES, json=given)
    assert answer.status_code == 422, answer.text
    faults = [(each["field"], each["code"]) for each in answer.json()["errors"]]
    assert (field, code) in faults
    for each in answer.json()["errors"]:
        assert each["detail"]
        assert unquote(each["pointer"]) == f"#/{each['field'].replace('.', '/')}"


def test_a_wrong_cron_is_told_by_the_name_of_its_field(ann):
    detail = ann.post(SCHEDULES, json=DAILY | {"cron": "0 25 * * *"}).json()["detail"]
    assert detail == "hour: 25 is not between 0 and 23."


def test_a_list_is_paged_and_shows_ones_own(ann, bob, admin):
    ids = [created(ann)["id"] for _ in range(3)]
    first = ann.get(f"{SCHEDULES}?limit=2").json()
    rest = ann.get(f"{SCHEDULES}?limit=2&cursor={first['next_cursor']}").json()
    assert {each["id"] for each in first["items"] + rest["items"]} == set(ids)
    assert (len(first["items"]), rest["next_cursor"]) == (2, None)
    assert bob.get(SCHEDULES).json()["items"] == []
    assert len(admin.get(SCHEDULES).json()["items"]) == 3
    assert ann.get(f"{SCHEDULES}?cursor=x").json()["errors"][0]["field"] == "cursor"


def doors(app):
    paths = app.openapi()["paths"].items()
    return [(method.upper(), path) for path, verbs in paths for method in verbs if "{schedule_id}" in path]


def test_a_stranger_finds_no_schedule_behind_any_door(app, ann, bob, ports):
    schedule = created(ann)
    before = dict(ports.schedules.schedules)
    assert len(doors(app)) == 8
    bodies = {"PATCH": {"name": "x"}, "PUT": {"share_with": []}}
    for method, path in doors(app):
        theirs, nobodys = (
            bob.call(method, path.format(schedule_id=each), json=bodies.get(method))
            for each in (schedule["id"], uuid4())
        )
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.json()["code"] == nobodys.json()["code"] == "unknown_schedule"
    assert ports.schedules.schedules == before


def test_an_administrator_sees_and_pauses_schedules_of_others(ann, admin):
    schedule = created(ann)
    assert admin.get(f"{SCHEDULES}/{schedule['id']}").json()["user_id"] == schedule["user_id"]
    assert admin.post(f"{SCHEDULES}/{schedule['id']}/pause").json()["is_active"] is False
    assert patched(admin, schedule, body={"dataset_id": "payroll"}).status_code == 422  # Ann may not


def test_an_administrator_names_recipients_with_the_rights_of_the_owner(ann, admin, ports):
    schedule = created(ann)
    place = {"name": "Chat", "channel": "telegram", "address": "7"}
    theirs, mine = (each.post("/api/analytics/destinations", json=place).json()["id"] for each in (ann, admin))
    refused = patched(admin, schedule, recipients=[{"channel": "telegram", "destination_id": mine}])
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "recipients.0.destination_id")
    named = [{"channel": "telegram", "destination_id": theirs}, {"channel": "telegram", "address": "me"}]
    seen = patched(admin, schedule, recipients=named).json()["recipients"]
    assert seen == [named[0], {"channel": "telegram", "address": str(user_id("ann"))}]
    assert patched(admin, schedule, recipients=seen).json()["recipients"] == seen
    ports.users.set_active(user_id("ann"), is_active=False, at=NOON)
    assert patched(admin, schedule, recipients=[]).status_code == 422


def test_a_change_keeps_what_it_does_not_name_and_never_runs(ann, ports):
    schedule = created(ann)
    ports.clock.now = NOON.replace(day=2, hour=6, minute=29)
    changed = patched(ann, schedule, cron="0 5 * * *", timezone="UTC", name="Early").json()
    assert (changed["name"], changed["body"], changed["recipients"]) == ("Early", DAILY["body"], DAILY["recipients"])
    assert changed["next_window_at"] == "2026-03-03T05:00:00Z"
    assert ticked(ports, hours=12).due == 0
    assert ports.jobs.jobs == {}


def test_a_change_just_after_a_window_leaves_a_line_about_it(ann, ports):
    schedule = created(ann)
    ports.clock.now = NOON.replace(day=2, hour=6, minute=30, second=1)
    patched(ann, schedule, cron="0 5 * * *")
    [line] = windows(ann, schedule)["items"]
    assert (line["due_at"], line["state"], line["reason"]) == (
        "2026-03-02T06:30:00Z",
        "skipped",
        "Changed before its turn.",
    )


def test_a_new_name_does_not_move_the_turn(ann, ports):
    schedule = created(ann)
    turn = ports.schedules.get(UUID(schedule["id"])).next_due_at
    ports.clock.now = NOON.replace(day=2, hour=6, minute=30)
    patched(ann, schedule, name="New")
    assert ports.schedules.get(UUID(schedule["id"])).next_due_at == turn
    assert ticked(ports, hours=0.2).due == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cron": "x"}, "cron"),
        ({"body": {"dataset_id": "nowhere"}}, "body.dataset_id"),
        ({"body": {}}, "body.dataset_id"),
        ({"format": "html"}, "format"),
        ({"kind": "report"}, "kind"),
        ({"name": None}, "name"),
        ({"key": ["day"]}, "key"),
    ],
)
def test_a_bad_change_is_pointed_at_and_changes_nothing(ann, changes, field):
    schedule = created(ann)
    answer = patched(ann, schedule, **changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert ann.get(f"{SCHEDULES}/{schedule['id']}").json() == schedule


def test_the_body_and_the_formats_may_be_changed(ann):
    schedule = created(ann)
    assert patched(ann, schedule, body={"dataset_id": "airports"}).json()["body"] == {"dataset_id": "airports"}
    assert patched(ann, schedule, format=["csv", "jsonl"]).json()["format"] == ["csv", "jsonl"]
    assert patched(ann, schedule, body={"dataset_id": "sales", "format": "pdf"}).json()["format"] == ["pdf"]
    assert patched(ann, schedule, expires_at="2030-01-01").json()["expires_at"] == "2030-01-01T00:00:00Z"
    assert patched(ann, schedule, expires_at=None).json()["expires_at"] is None


def test_a_preview_explains_and_marks_clock_changes(ann):
    body = {"cron": "30 2 * * *", "timezone": "Europe/Prague", "after": "2026-03-27"}
    seen = ann.post(f"{SCHEDULES}/preview", json=body).json()
    assert (seen["in_words"], len(seen["next"])) == ("At 02:30", 10)
    assert [(each["local"], each["is_clock_change"]) for each in seen["next"][:4]] == [
        ("2026-03-27T02:30:00+01:00", False),
        ("2026-03-28T02:30:00+01:00", False),
        ("2026-03-29T03:00:00+02:00", True),
        ("2026-03-30T02:30:00+02:00", False),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "cron"),
        ({"cron": "* *"}, "cron"),
        ({"cron": "@daily", "timezone": "x"}, "timezone"),
        ({"cron": "@daily", "x": 1}, "x"),
    ],
)
def test_a_preview_of_nonsense_is_refused_by_field(ann, body, field):
    answer = ann.post(f"{SCHEDULES}/preview", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
