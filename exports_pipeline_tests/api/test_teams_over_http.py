"""Teams over HTTP, and what their members share."""

from uuid import UUID, uuid4

import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.usecases.find_target import find_target
from exports_pipeline_tests.api_client import EXPORTS, ApiClient, run, token_of
from exports_pipeline_tests.schedule_client import SCHEDULES, created

TEAMS, USERS, DESTINATIONS = (f"/api/analytics/{each}" for each in ("teams", "users", "destinations"))
ANN, BOB, EVE = (user_id(name) for name in ("ann", "bob", "eve"))


@pytest.fixture
def boss(app):
    return ApiClient(app, token=token_of("boss", roles=["administrator"]))


@pytest.fixture
def eve(app):
    return ApiClient(app, user="eve")


@pytest.fixture
def team(boss, ann, bob, eve):
    """The id of a team that Ann leads and Bob belongs to; Eve does not."""
    for each in (ann, bob, eve):
        each.get(TEAMS)  # from now on they are known
    made = boss.post(TEAMS, json={"name": "Finance"})
    assert made.status_code == 201
    for user, is_lead in ((ANN, True), (BOB, False)):
        answer = boss.call("PUT", f"{made.headers['location']}/members/{user}", json={"is_lead": is_lead})
        assert answer.status_code == 200
    return made.json()["id"]


def leave(boss, team, user):
    assert boss.call("DELETE", f"{TEAMS}/{team}/members/{user}").status_code == 204


def share(client, path, *teams):
    return client.call("PUT", f"{path}/sharing", json={"share_with": list(teams)})


def code(answer):
    return answer.status_code, answer.json()["code"]


def saved(client, **more):
    body = {"name": "Hook", "channel": "email", "address": "desk@example.com"} | more
    answer = client.post(DESTINATIONS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_teams_are_made_renamed_and_deleted_by_administrators(boss, ann, team):
    assert [each["name"] for each in ann.get(TEAMS).json()["items"]] == ["Finance"]
    assert boss.get(TEAMS).json()["items"] == []
    assert [each["id"] for each in boss.get(TEAMS, params={"all": True}).json()["items"]] == [team]
    assert code(boss.post(TEAMS, json={"name": "Finance"})) == (409, "name_taken")
    assert boss.call("PATCH", f"{TEAMS}/{team}", json={"name": "Money"}).json()["name"] == "Money"
    assert [each["is_lead"] for each in ann.get(f"{TEAMS}/{team}").json()["members"]] == [True, False]
    assert boss.call("DELETE", f"{TEAMS}/{team}").status_code == 204
    assert ann.get(TEAMS).json()["items"] == []


def test_what_is_done_to_teams_stands_in_the_audit_log(boss, ports, team):
    boss.call("PATCH", f"{TEAMS}/{team}", json={"name": "Money"})
    leave(boss, team, BOB)
    boss.call("DELETE", f"{TEAMS}/{team}")
    told = [each for each in ports.audit.audit if each.action.startswith("team.")]
    assert [each.action.partition(".")[2] for each in told] == [
        "created",
        "member_added",
        "member_added",
        "renamed",
        "member_removed",
        "deleted",
    ]
    assert {(each.entity_type, each.entity_id) for each in told} == {("team", team)}
    assert (told[3].before, told[3].after) == ({"name": "Finance"}, {"name": "Money"})
    assert told[4].subject == BOB


def test_a_lead_adds_and_removes_members_but_makes_no_leads(ann, team):
    member = f"{TEAMS}/{team}/members/{EVE}"
    assert ann.call("PUT", member, json={}).status_code == 200
    assert code(ann.call("PUT", member, json={"is_lead": True})) == (403, "not_allowed")
    assert ann.call("DELETE", member).status_code == 204
    assert code(ann.call("DELETE", f"{TEAMS}/{team}/members/{ANN}")) == (403, "not_allowed")
    assert code(ann.call("DELETE", member)) == (404, "unknown_user")
    assert code(ann.call("PUT", f"{TEAMS}/{team}/members/{uuid4()}", json={})) == (404, "unknown_user")


def test_a_member_is_no_lead_and_a_stranger_sees_no_team(bob, eve, team):
    for user in (EVE, ANN, BOB):
        assert code(bob.call("PUT", f"{TEAMS}/{team}/members/{user}", json={"is_lead": True})) == (403, "not_allowed")
        assert code(bob.call("DELETE", f"{TEAMS}/{team}/members/{user}")) == (403, "not_allowed")
        assert code(eve.call("PUT", f"{TEAMS}/{team}/members/{user}", json={})) == (404, "unknown_team")
        assert code(eve.call("DELETE", f"{TEAMS}/{team}/members/{user}")) == (404, "unknown_team")
    answers = [eve.get(f"{TEAMS}/{each}") for each in (team, uuid4())]
    assert [code(each) for each in answers] == [(404, "unknown_team")] * 2
    assert code(eve.get(TEAMS, params={"all": True})) == (403, "not_allowed")


def test_members_see_and_download_a_shared_export_and_no_more(ann, bob, eve, ports, completed, team):
    path = f"{EXPORTS}/{completed}"
    assert code(bob.get(path)) == (404, "unknown_export_job")
    assert share(ann, path, team).json() == {"share_with": [team]}
    seen = bob.get(path).json()
    assert (seen["user_id"], seen["shared_with"], seen["download_url"]) == (str(ANN), [team], None)
    assert bob.get(f"{path}/download").status_code == 307
    assert bob.get(f"{path}/manifest").status_code == 200
    last = [each for each in ports.audit.audit if each.action == "export.download_link"][-1]
    assert (last.actor, last.details) == (BOB, {"shared_by": str(ANN)})
    for verb in ("cancel", "retry"):
        assert code(bob.post(f"{path}/{verb}")) == (403, "not_allowed")
    assert code(bob.get(f"{path}/deliveries")) == (403, "not_allowed")
    assert code(share(bob, path)) == (403, "not_allowed")
    assert code(bob.post(f"{path}/renditions", json={"format": "json"})) == (404, "unknown_export_job")
    for door in (path, f"{path}/download", f"{path}/manifest", f"/api/analytics/reports/{completed}"):
        assert code(eve.get(door)) == (404, "unknown_export_job")


def test_shared_exports_are_listed_apart_from_ones_own(ann, bob, eve, completed, team):
    share(ann, f"{EXPORTS}/{completed}", team)
    ids = [
        [each["job_id"] for each in client.get(EXPORTS, params=asked).json()["items"]]
        for client, asked in (
            (bob, {}),
            (bob, {"shared": True}),
            (bob, {"shared": True, "user": str(ANN)}),
            (bob, {"shared": True, "user": str(EVE)}),
            (ann, {"shared": True}),
            (eve, {"shared": True}),
        )
    ]
    assert ids == [[], [completed], [completed], [], [], []]


def test_an_export_is_shared_from_its_request_on(ann, bob, team):
    job_id = ann.export(share_with=[team]).json()["job_id"]
    assert bob.get(f"{EXPORTS}/{job_id}").json()["shared_with"] == [team]
    assert ann.export(share=True).json()["job_id"] != job_id
    assert ann.export(share=True, share_with=[team]).json()["job_id"] == job_id


def test_an_ex_member_loses_everything_at_once_and_takes_along_what_was_theirs(boss, ann, bob, ports, team):
    anns, bobs = ann.export(share_with=[team]).json()["job_id"], bob.export(share_with=[team]).json()["job_id"]
    run(ports, anns)
    place = saved(ann, share_with=[team])
    recipient = {"channel": "email", "destination_id": place["id"]}
    assert bob.export(recipients=[recipient]).status_code == 202
    schedule = created(ann, share_with=[team])
    doors = [f"{EXPORTS}/{anns}", f"{EXPORTS}/{anns}/download", f"{SCHEDULES}/{schedule['id']}"]
    doors += [f"{SCHEDULES}/{schedule['id']}/windows", f"{DESTINATIONS}/{place['id']}", f"{TEAMS}/{team}"]
    assert {bob.get(door).status_code for door in doors} == {200, 307}
    leave(boss, team, BOB)
    assert [bob.get(door).status_code for door in doors] == [404] * len(doors)
    assert bob.post(f"{SCHEDULES}/{schedule['id']}/run").status_code == 404
    assert bob.refusal(recipients=[recipient])[0] == "unknown_destination"
    assert bob.get(EXPORTS, params={"shared": True}).json()["items"] == []
    assert ann.get(f"{EXPORTS}/{bobs}").status_code == 404
    assert bob.get(f"{EXPORTS}/{bobs}").json()["shared_with"] == []


def test_what_an_ex_member_has_under_way_goes_to_no_destination_of_the_team(boss, ann, ports, team):
    place = saved(ann, share_with=[team])
    target = Recipient(channel=Channel.EMAIL, destination_id=UUID(place["id"]))
    assert find_target(target, ports=ports, sender=BOB).address == "desk@example.com"
    leave(boss, team, BOB)
    with pytest.raises(Exception, match="not shared any more"):
        find_target(target, ports=ports, sender=BOB)
    assert find_target(target, ports=ports, sender=ANN).address == "desk@example.com"


def test_nobody_shares_with_a_team_they_are_not_in(boss, ann, bob, eve, ports, completed, team):
    other = boss.post(TEAMS, json={"name": "Others"}).json()["id"]
    for client, stranger in ((ann, other), (eve, team), (ann, str(uuid4()))):
        assert client.refusal(share_with=[stranger]) == ("unknown_team", [("share_with.0", "unknown_team")])
    assert code(share(ann, f"{EXPORTS}/{completed}", team, other)) == (422, "unknown_team")
    assert code(share(eve, f"{EXPORTS}/{completed}", team)) == (404, "unknown_export_job")
    leave(boss, team, ANN)
    assert code(share(ann, f"{EXPORTS}/{completed}", team)) == (422, "unknown_team")
    assert [each.action for each in ports.audit.audit if each.action.endswith(".shared")] == []


def test_those_who_manage_take_sharing_away_and_add_none(ann, boss, admin, completed, team):
    path = f"{EXPORTS}/{completed}"
    share(ann, path, team)
    mine = boss.post(TEAMS, json={"name": "Mine"}).json()["id"]
    boss.call("PUT", f"{TEAMS}/{mine}/members/{user_id('boss')}", json={})
    assert code(share(boss, path, team, mine)) == (403, "not_allowed")
    assert share(admin, path).json() == {"share_with": []}


def test_a_file_that_its_owner_could_not_make_any_more_is_shared_no_more(ann, bob, admin, completed, team):
    share(ann, f"{EXPORTS}/{completed}", team)
    admin.post(f"{USERS}/{ANN}/deactivate")
    assert code(bob.get(f"{EXPORTS}/{completed}/download")) == (403, "user_deactivated")


def test_members_see_pause_and_run_a_shared_schedule_with_its_owners_rights(ann, bob, eve, ports, team):
    place = saved(ann)
    recipients = [{"channel": "email", "address": "x@example.com"}, {"channel": "email", "destination_id": place["id"]}]
    path = f"{SCHEDULES}/{created(ann, share_with=[team], recipients=recipients)['id']}"
    seen = bob.get(path).json()
    assert [each.get("address") for each in seen["recipients"]] == ["...", None]
    assert bob.get(SCHEDULES).json()["items"] == []
    assert [each["user_id"] for each in bob.get(SCHEDULES, params={"shared": True}).json()["items"]] == [str(ANN)]
    (job_id,) = bob.post(f"{path}/run").json()["job_ids"]
    assert ports.jobs.get(UUID(job_id)).requester.owner_key == "ann"
    assert code(bob.get(f"{EXPORTS}/{job_id}")) == (404, "unknown_export_job")
    assert bob.post(f"{path}/pause").json()["is_active"] is False
    for method, door, body in (
        ("POST", f"{path}/resume", {}),
        ("PATCH", path, {"name": "Bob's"}),
        ("DELETE", path, None),
        ("PUT", f"{path}/sharing", {"share_with": []}),
    ):
        assert code(bob.call(method, door, json=body)) == (403, "not_allowed")
        assert eve.call(method, door, json=body).status_code == 404
    assert share(ann, path).json() == {"share_with": []}
    assert bob.get(path).status_code == 404


def test_members_send_to_a_shared_destination_and_learn_no_secrets(ann, bob, eve, ports, team):
    place = saved(ann)
    path = f"{DESTINATIONS}/{place['id']}"
    recipient = {"channel": "email", "destination_id": place["id"]}
    assert bob.refusal(recipients=[recipient])[0] == "unknown_destination"
    share(ann, path, team)
    object.__setattr__(
        ports.destinations.find(UUID(place["id"])), "address", "https://user:pw@hooks.example.com/T0/secret?key=1"
    )
    seen = bob.get(path).json()
    assert (seen["address"], seen["options"], seen["secrets"]) == ("https://hooks.example.com/...", {}, [])
    assert [each["id"] for each in bob.get(DESTINATIONS, params={"shared": True}).json()["items"]] == [place["id"]]
    assert bob.get(DESTINATIONS).json()["items"] == eve.get(DESTINATIONS, params={"shared": True}).json()["items"] == []
    assert bob.export(recipients=[recipient]).status_code == 202
    for method, door, body in (
        ("PATCH", path, {"address": "mine@example.com"}),
        ("DELETE", path, None),
        ("POST", f"{path}/test", None),
        ("PUT", f"{path}/sharing", {"share_with": []}),
    ):
        assert code(bob.call(method, door, json=body)) == (403, "not_allowed")
        assert eve.call(method, door, json=body).status_code == 404


def test_those_who_manage_destinations_and_schedules_reach_those_of_others(app, ann, bob):
    keeper = ApiClient(app, user="kim", permissions=("MANAGE_DESTINATIONS", "MANAGE_SCHEDULES"))
    place, schedule = saved(ann), created(ann)
    whose = {"user": str(ANN)}
    assert [each["id"] for each in keeper.get(DESTINATIONS, params=whose).json()["items"]] == [place["id"]]
    assert code(bob.get(DESTINATIONS, params=whose)) == (403, "not_allowed")
    changed = keeper.call("PATCH", f"{DESTINATIONS}/{place['id']}", json={"name": "Desk"}).json()
    assert (changed["name"], changed["user_id"]) == ("Desk", str(ANN))
    recipient = {"channel": "email", "destination_id": place["id"]}
    assert keeper.refusal(recipients=[recipient])[0] == "unknown_destination"
    assert [each["id"] for each in keeper.get(SCHEDULES).json()["items"]] == [schedule["id"]]
    assert keeper.post(f"{SCHEDULES}/{schedule['id']}/pause").json()["is_active"] is False
