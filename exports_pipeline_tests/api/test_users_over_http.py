"""Users over HTTP: who they are, which roles they have, and whether they may come in at all."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import event

from exports_api.app import create_app
from exports_api.standings import REMEMBERED_S, Standings
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.access_refusals import UserDeactivated
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.requester import Claimed
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline_tests.api_client import EXPORTS, ApiClient, run, token_of
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.schedule_client import SCHEDULES, created, ticked

USERS, DATASETS = "/api/analytics/users", "/api/analytics/datasets"
ANN = user_id("ann")


@pytest.fixture
def boss(app):
    return ApiClient(app, token=token_of("boss", roles=["administrator"]))


def assign(client, user, *roles):
    return client.call("PUT", f"{USERS}/{user}/roles", json={"roles": list(roles)})


def test_administrators_find_everybody_who_was_here(app, ann, bob, boss):
    boss.get(DATASETS)
    bob.get(DATASETS)
    ApiClient(app, token=token_of("ann", email="ann@example.com")).get(DATASETS)
    first = boss.get(USERS, params={"limit": 2}).json()
    rest = boss.get(USERS, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert {each["user_id"] for each in first["items"] + rest["items"]} == {
        str(user_id(name)) for name in ("ann", "bob", "boss")
    }
    assert rest["next_cursor"] is None
    (found,) = boss.get(USERS, params={"search": "ANN@"}).json()["items"]
    assert (found["email"], found["is_active"], found["roles"]) == ("ann@example.com", True, [])
    assert boss.get(USERS, params={"cursor": "made-up"}).json()["code"] == "invalid_cursor"


def test_a_role_that_is_assigned_holds_from_the_next_request_on(ann, boss, ports):
    assert ann.export().status_code == 202
    assert assign(boss, ANN, "viewer").json()["roles"] == ["viewer"]
    assert ann.export().json()["code"] == "permission_needed"
    assert boss.get(f"{USERS}/{ANN}/roles").json()["roles"] == ["viewer"]
    assert assign(boss, ANN, "viewer", "exporter").status_code == 200
    assert ann.export().status_code == 202
    assert assign(boss, ANN).json()["roles"] == []
    assert ann.export().status_code == 202
    (first, *_) = [each for each in ports.audit.audit if each.action == "role.assigned"]
    assert (first.subject, first.before, first.after) == (ANN, {"roles": []}, {"roles": ["viewer"]})


def test_a_role_that_is_not_there_and_a_user_who_never_came_are_told(ann, boss):
    ann.get(DATASETS)
    answer = assign(boss, ANN, "exporter", "emperor")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_role")
    assert answer.json()["errors"][0]["field"] == "roles.1"
    assert "exporter" in answer.json()["detail"]
    assert assign(boss, uuid4(), "viewer").json()["code"] == "unknown_user"
    assert boss.get(f"{USERS}/{uuid4()}/roles").status_code == 404


def test_a_deactivated_user_is_refused_at_every_door_of_theirs(ann, boss, completed):
    assert boss.post(f"{USERS}/{ANN}/deactivate").status_code == 200
    for path in (f"{EXPORTS}/{completed}", f"{EXPORTS}/{str(completed).upper()}", EXPORTS, DATASETS, SCHEDULES):
        answer = ann.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "user_deactivated"), path
    assert ann.export().json()["code"] == "user_deactivated"
    boss.post(f"{USERS}/{ANN}/activate")
    assert ann.get(f"{EXPORTS}/{completed}").status_code == 200


def test_a_link_that_was_made_for_somebody_who_was_deactivated_closes(ann, bob, boss, ports):
    bob.get(DATASETS)
    ports.users.seen(replace(ports.users.requester(user_id("bob")), email="bob@example.com"), at=NOON)
    to_bob = {"channel": "email", "address": str(user_id("bob"))}
    run(ports, ann.export(recipients=[to_bob]).json()["job_id"])
    assert deliver(ports).sent == 1
    (link,) = ports.links.links.values()
    path = f"/d/{ports.vault.token(link.id)}"
    assert ann.get(path, anonymous=True).status_code == 307
    boss.post(f"{USERS}/{user_id('bob')}/deactivate")
    assert ann.get(path, anonymous=True).json()["code"] == "user_deactivated"


def test_a_schedule_stops_when_its_owner_may_not_export_any_more(ann, boss, ports):
    path = f"{SCHEDULES}/{created(ann)['id']}"
    assign(boss, ANN, "viewer")
    ticked(ports, hours=24)
    stopped = ann.get(path).json()
    assert (stopped["is_active"], "no role any more" in stopped["paused_reason"]) == (False, True)
    assert ann.post(f"{path}/resume").json()["code"] == "permission_needed"
    assign(boss, ANN)
    assert ann.post(f"{path}/resume").json()["is_active"] is True


def test_a_viewer_gets_what_a_schedule_makes_for_them(app, ann, ports):
    viewer = ApiClient(app, token=token_of("vic", roles=["viewer"], email="vic@example.com"))
    viewer.get(DATASETS)
    to_vic = {"channel": "email", "address": str(user_id("vic"))}
    schedule = created(ann, recipients=[to_vic], per_recipient=True)
    (job_id,) = ann.post(f"{SCHEDULES}/{schedule['id']}/run").json()["job_ids"]
    assert viewer.get(f"{EXPORTS}/{job_id}").json()["user_id"] == str(user_id("vic"))
    assert viewer.get("/api/analytics/metrics").status_code == 200


def test_a_token_writes_its_user_down_at_its_first_request_and_nobody_elses(ann, ports):
    ann.get(DATASETS)
    assert list(ports.users.people) == [ANN]


def test_a_look_at_a_job_stays_one_statement_while_the_standing_is_remembered(engine, settings):
    store = PostgresJobStore(engine)
    ports = replace(fake_ports(), jobs=store, users=PostgresUserStore(engine))
    client = ApiClient(create_app(ports, settings, dispatch_soon=lambda: None))
    path = f"{EXPORTS}/{client.export().json()['job_id']}"
    sent = []

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    assert [client.get(path).status_code for _ in range(5)] == [200] * 5
    event.remove(engine, "before_cursor_execute", note)
    assert len(sent) == 5


def test_a_standing_is_asked_for_anew_after_some_seconds_or_when_something_has_changed():
    ports, now = fake_ports(), [0.0]
    standings, ann = Standings(ports, now=lambda: now[0]), replace(requester("ann"), claimed=Claimed())

    def is_in():
        try:
            return bool(asyncio.run(standings.complete(ann)))
        except UserDeactivated:
            return False

    assert is_in()
    ports.users.set_active(ANN, is_active=False, at=NOON)
    now[0] = REMEMBERED_S - 0.1
    assert is_in()
    now[0] = REMEMBERED_S
    assert not is_in()
    ports.users.set_active(ANN, is_active=True, at=NOON)
    standings.forget()
    assert is_in()


def test_what_was_read_before_a_change_is_not_remembered_after_it():
    ports = fake_ports()
    standings, ann = Standings(ports), replace(requester("ann"), claimed=Claimed())
    ports.users.seen(ann, at=NOON)

    async def changed_meanwhile():
        reading = asyncio.create_task(standings.complete(ann))
        await asyncio.sleep(0)
        ports.users.set_active(ANN, is_active=False, at=NOON)
        standings.forget()
        await asyncio.wait([reading])
        return await standings.complete(ann)

    with pytest.raises(UserDeactivated):
        asyncio.run(changed_meanwhile())
