"""API keys over HTTP: made, shown once, used, listed, revoked."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from threading import Event
from uuid import UUID, uuid4

import pytest

from exports_api.app import create_app
from exports_api.key_ring import FRESH_S, KeyRing
from exports_api.remembered import Remembered
from exports_pipeline.core.api_key import key_text, known_prefix
from exports_pipeline.core.catalog import user_id
from exports_pipeline_tests.api_client import EXPORTS, ApiClient

KEYS = "/api/analytics/keys"


def made(client, **body):
    answer = client.post(KEYS, json={"name": "load"} | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def with_key(client, key):
    return ApiClient(client.app, token=key)


@pytest.fixture
def root(app):
    return ApiClient(app, user="root", permissions=("ADMIN", "EXPORT_ALL", "UNMASK"))


def test_a_key_is_shown_once_and_opens_what_its_user_may(ann, ports):
    answer = ann.post(KEYS, json={"name": "load", "days": 10})
    key = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == f"{KEYS}/{key['id']}"
    assert known_prefix(key["key"]) == key["prefix"]
    assert (key["state"], key["scopes"]) == ("valid", ["EXPORT"])
    assert ports.keys.get(UUID(key["id"])).expires_at == ports.clock() + timedelta(days=10)
    assert "key" not in ann.get(KEYS).json()["items"][0]
    client = with_key(ann, key["key"])
    job_id = client.export().json()["job_id"]
    assert ann.get(f"{EXPORTS}/{job_id}").json()["job_id"] == job_id
    by_header = ann.get(f"{EXPORTS}/{job_id}", anonymous=True, headers={"X-API-Key": key["key"]})
    assert by_header.status_code == 200


def test_a_key_has_at_most_what_its_user_has_when_it_is_used(app, ports):
    powerful = ApiClient(app, permissions=("EXPORT_ALL", "UNMASK"))
    client = with_key(powerful, made(powerful, scopes=["EXPORT", "EXPORT_ALL"])["key"])
    job = client.export().json()["job_id"]
    assert {"EXPORT_ALL"} <= ports.jobs.get(UUID(job)).requester.permissions
    assert "UNMASK" not in ports.jobs.get(UUID(job)).requester.permissions
    assert ports.audit.audit[-1].details["key"]


def test_rights_that_a_user_has_lost_are_lost_to_their_keys_within_seconds(app, ports):
    powerful = ApiClient(app, permissions=("EXPORT_ALL",))
    client = with_key(powerful, made(powerful, scopes=["EXPORT", "EXPORT_ALL"])["key"])
    ApiClient(app).export()  # the same user with a token of today, which carries less
    job = client.export().json()["job_id"]
    assert "EXPORT_ALL" not in ports.jobs.get(UUID(job)).requester.permissions


def test_a_revoked_key_opens_nothing_at_once_and_elsewhere_within_seconds(ann, ports, settings):
    elsewhere = create_app(ports, settings, dispatch_soon=lambda: None)
    now = [0.0]
    elsewhere.state.parts = replace(elsewhere.state.parts, keys=KeyRing(ports, monotonic=lambda: now[0]))
    key = made(ann)
    here, there = with_key(ann, key["key"]), ApiClient(elsewhere, token=key["key"])
    assert (here.get(EXPORTS).status_code, there.get(EXPORTS).status_code) == (200, 200)
    assert ann.call("DELETE", f"{KEYS}/{key['id']}").status_code == 204
    assert here.get(EXPORTS).status_code == 401
    assert there.get(EXPORTS).status_code == 200
    now[0] = FRESH_S
    refused = there.get(EXPORTS)
    assert (refused.status_code, "revoked" in refused.json()["detail"]) == (401, True)
    assert ann.get(KEYS).json()["items"][0]["state"] == "revoked"
    assert ann.call("DELETE", f"{KEYS}/{key['id']}").status_code == 204


def test_a_key_that_is_used_again_and_again_is_looked_up_once(ann, ports):
    client = with_key(ann, made(ann)["key"])
    job_id = client.export().json()["job_id"]
    for _ in range(5):
        assert client.get(f"{EXPORTS}/{job_id}").status_code == 200
    assert ports.keys.looks == 1


def test_when_a_key_was_last_used_is_noted_beside_the_request(ports, settings):
    noted = []
    ann = ApiClient(create_app(ports, settings, dispatch_soon=lambda: None, note_soon=lambda: noted.append(True)))
    key = made(ann)
    client = with_key(ann, key["key"])
    for _ in range(3):
        client.get(EXPORTS)
    assert len(noted) == 1
    ann.app.state.parts.keys.note_uses()
    assert ports.keys.get(UUID(key["id"])).last_used_at == ports.clock()
    ports.clock.advance(61)
    client.get(EXPORTS)
    assert len(noted) == 2


def test_an_expired_key_says_so(ann, ports):
    client = with_key(ann, made(ann, days=1)["key"])
    ports.clock.advance(24 * 3600)
    assert "expired" in client.get(EXPORTS).json()["detail"]


def test_a_mistyped_key_is_told_so_without_a_look(ann, ports):
    key = made(ann)["key"]
    for text in (key[:-1], key[:20] + ("a" if key[20] != "a" else "b") + key[21:], "xk_"):
        refused = with_key(ann, text).get(EXPORTS)
        assert (refused.status_code, "mistyped" in refused.json()["detail"]) == (401, True)
    assert ports.keys.looks == 0


def test_a_key_is_valid_no_longer_than_the_deployment_allows(ann):
    refused = ann.post(KEYS, json={"name": "for ever", "days": 366})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "days")


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "a", "scopes": ["FLY"]}, {"name": "a", "days": 0}, {"name": "a", "owner": "bob"}],
    ids=str,
)
def test_a_body_that_fits_no_key_is_refused(ann, body):
    assert ann.post(KEYS, json=body).status_code == 422


def test_nobody_makes_a_key_that_may_more_than_they(ann, app):
    assert ann.post(KEYS, json={"name": "a", "scopes": ["EXPORT_ALL"]}).status_code == 403
    powerful = ApiClient(app, user="zoe", permissions=("EXPORT_ALL",))
    assert powerful.post(KEYS, json={"name": "a", "scopes": ["EXPORT_ALL", "UNMASK"]}).status_code == 403
    assert made(powerful, scopes=["EXPORT_ALL"])["scopes"] == ["EXPORT_ALL"]


def test_a_key_makes_no_keys_and_revokes_no_other(ann):
    key, other = made(ann), made(ann)
    client = with_key(ann, key["key"])
    assert client.post(KEYS, json={"name": "more"}).status_code == 403
    assert client.call("DELETE", f"{KEYS}/{other['id']}").status_code == 403
    assert client.call("DELETE", f"{KEYS}/{key['id']}").status_code == 204
    assert client.get(KEYS).status_code == 401


def test_keys_of_others_are_not_there(ann, bob, root):
    key = made(ann)
    assert bob.get(KEYS).json()["items"] == []
    assert bob.get(f"{KEYS}?user=all").status_code == bob.get(f"{KEYS}?user=ann").status_code == 403
    assert bob.call("DELETE", f"{KEYS}/{key['id']}").status_code == 404
    assert bob.call("DELETE", f"{KEYS}/{uuid4()}").status_code == 404
    assert [each["id"] for each in root.get(f"{KEYS}?user=all").json()["items"]] == [key["id"]]
    assert [each["id"] for each in root.get(f"{KEYS}?user=ann").json()["items"]] == [key["id"]]
    assert root.call("DELETE", f"{KEYS}/{key['id']}").status_code == 204
    assert with_key(ann, key["key"]).get(EXPORTS).status_code == 401


def test_the_log_of_what_was_done_names_keys_and_never_holds_them(ann, ports):
    key = made(ann)
    ann.call("DELETE", f"{KEYS}/{key['id']}")
    entries = [each for each in ports.audit.audit if each.entity_type == "key"]
    assert [each.action for each in entries] == ["key.created", "key.revoked"]
    assert {each.entity_id for each in entries} == {key["id"]}
    assert entries[0].after["prefix"] == key["prefix"]
    assert key["key"].split("_")[2] not in str(ports.audit.audit)


def test_a_key_made_by_an_administrator_for_somebody_has_their_rights(root, ann, ports):
    ann.export()
    key = made(root, user="ann", scopes=["EXPORT", "UNMASK"])
    assert (key["user_id"], key["owner_key"]) == (str(user_id("ann")), "ann")
    job = with_key(root, key["key"]).export().json()["job_id"]
    assert "UNMASK" not in ports.jobs.get(UUID(job)).requester.permissions


def test_a_user_who_was_deactivated_comes_in_with_no_key(ann, ports):
    key = made(ann)
    ports.users.set_active(user_id("ann"), is_active=False, at=ports.clock())
    assert with_key(ann, key["key"]).get(EXPORTS).status_code == 401


def test_a_user_has_no_more_keys_than_one_can_watch(ann):
    for _ in range(100):
        made(ann)
    assert ann.post(KEYS, json={"name": "one more"}).json()["code"] == "invalid_key"


def test_looks_for_one_key_at_the_same_time_are_one(ports):
    ring = KeyRing(ports, note_soon=lambda: None)
    text = key_text(uuid4(), "0" * 32)

    async def ask():
        return await asyncio.gather(*(ring.requester(text) for _ in range(20)), return_exceptions=True)

    assert {str(each) for each in asyncio.run(ask())} == {"There is no such API key here."}
    assert ports.keys.looks == 1


def test_a_look_that_began_before_a_key_was_revoked_is_not_believed():
    answers, began = iter(["valid", "revoked"]), Event()

    def look(_prefix):
        began.set()
        return next(answers)

    async def ask():
        remembered = Remembered(look, fresh_s=5.0)
        early = asyncio.create_task(remembered.get("xk"))
        await asyncio.to_thread(began.wait)
        remembered.forget("xk")
        return await early, await remembered.get("xk"), await remembered.get("xk")

    assert asyncio.run(ask()) == ("valid", "revoked", "revoked")
