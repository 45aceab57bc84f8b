"""Users who give themselves, or one another, more than they have."""

from uuid import UUID, uuid4

import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.api_client import EXPORTS, ApiClient, token_of

USERS, TEAMS, ME = "/api/analytics/users", "/api/analytics/teams", user_id("ann")
BUT_ADMIN = [each for each in Permission if each is not Permission.ADMIN]


def assign(client, user, *roles):
    return client.call("PUT", f"{USERS}/{user}/roles", json={"roles": list(roles)})


def told(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("permissions", [[], *([each] for each in BUT_ADMIN), BUT_ADMIN])
def test_nobody_without_admin_assigns_roles_or_makes_teams(app, bob, ports, permissions):
    ann = ApiClient(app, user="ann", permissions=permissions)
    bob.get(EXPORTS)
    attempts = [assign(ann, user, "administrator") for user in (ME, user_id("bob"), uuid4())]
    attempts += [
        ann.get(USERS),
        ann.get(f"{USERS}/{ME}/roles"),
        ann.post(TEAMS, json={"name": "Mine"}),
        ann.call("PATCH", f"{TEAMS}/{uuid4()}", json={"name": "Mine"}),
        ann.call("DELETE", f"{TEAMS}/{uuid4()}"),
    ]
    assert {told(each) for each in attempts} == {(403, "permission_needed")}
    assert (ports.users.assigned, ports.teams.teams) == ({}, {})


def test_an_administrator_raises_neither_themselves_nor_a_friend(app, bob, ports):
    admin = ApiClient(app, user="ann", permissions=("ADMIN",))
    bob.get(EXPORTS)
    assert told(assign(admin, ME, "viewer")) == (403, "not_allowed")
    assert told(assign(admin, str(ME).upper(), "administrator")) == (403, "not_allowed")
    refused = assign(admin, user_id("bob"), "administrator")
    assert told(refused) == (403, "not_allowed")
    assert all(each in refused.json()["detail"] for each in ("UNMASK", "EXPORT_ALL", "VIEW_AUDIT"))
    assert ports.users.assigned == {}
    assert assign(admin, user_id("bob"), "exporter").status_code == 200


def test_roles_of_a_token_without_our_signature_are_worth_nothing(app):
    forged = token_of("ann", roles=["administrator"], secret="another-secret-of-at-least-thirty-two-bytes")
    assert told(ApiClient(app, token=forged).get(USERS)) == (401, "invalid_token")


@pytest.mark.parametrize("role", ["ADMIN", "administrator ", "Administrator", ["administrator"], {"name": "x"}, None])
def test_no_other_spelling_of_a_role_is_that_role(app, role):
    assert told(ApiClient(app, token=token_of("ann", roles=[role])).get(USERS)) == (403, "permission_needed")


def test_a_team_never_widens_whose_rows_one_exports(app, ann, bob, ports):
    boss = ApiClient(app, token=token_of("boss", roles=["administrator"]))
    ann.get(TEAMS)
    bob.get(TEAMS)
    team = boss.post(TEAMS, json={"name": "All"}).json()["id"]
    for each in ("ann", "bob"):
        boss.call("PUT", f"{TEAMS}/{team}/members/{user_id(each)}", json={"is_lead": True})
    job_id = bob.export(dataset_id="bookings", share_with=[team]).json()["job_id"]
    assert ports.jobs.get(UUID(job_id)).requester.owner_key == "bob"
    assert bob.post(f"{EXPORTS}/estimate", json={"dataset_id": "bookings", "format": "csv"}).json()["rows"] == 1
    values = bob.get("/api/analytics/datasets/bookings/values/account").json()["items"]
    assert [str(each) for each in values] == ["3"]
