"""Destinations over HTTP."""

from dataclasses import replace
from uuid import UUID

import pytest

from exports_api.app import create_app
from exports_pipeline.adapters.vault import KeyVault
from exports_pipeline.core.errors import DeliveryRefused
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.api_client import EXPORTS, ApiClient
from exports_pipeline_tests.fakes.runs import FakeSender

DESTINATIONS = "/api/analytics/destinations"
PASSWORD = "swordfish-of-the-tests"
BANK = {
    "name": "Bank",
    "channel": "sftp",
    "address": "sftp.example.com",
    "options": {"username": "exports", "host_key": "ssh-ed25519 AAAA", "port": 2222},
    "secrets": {"password": PASSWORD},
}


@pytest.fixture
def ann(app, ports):
    for channel in ("sftp", "ftp", "webhook", "slack"):
        ports.senders[channel] = FakeSender()
    return ApiClient(app)


def saved(ann, **changes):
    answer = ann.post(DESTINATIONS, json=BANK | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_destination_is_saved_and_its_secrets_are_never_returned(ann, ports):
    answer = ann.post(DESTINATIONS, json=BANK)
    place = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"{DESTINATIONS}/{place['id']}")
    assert (place["secrets"], place["options"]) == (["password"], BANK["options"])
    seen = ann.get(f"{DESTINATIONS}/{place['id']}")
    listed = ann.get(DESTINATIONS)
    assert (seen.json(), listed.json()["items"]) == (place, [place])
    kept = [*ports.destinations.secrets.values(), str(ports.destinations.kept), str(ports.jobs.audit)]
    for text in (answer.text, seen.text, listed.text, *map(str, kept)):
        assert PASSWORD not in text


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"channel": "pigeon"}, "unknown_channel", "channel"),
        ({"address": "a host"}, "invalid_destination", "address"),
        ({"options": {"username": "x"}}, "invalid_destination", "options.host_key"),
        ({"options": {**BANK["options"], "colour": "red"}}, "invalid_destination", "options.colour"),
        ({"options": {**BANK["options"], "port": 99_999}}, "invalid_destination", "options.port"),
        ({"options": {**BANK["options"], "port": True}}, "invalid_destination", "options.port"),
        ({"options": {**BANK["options"], "folder": 7}}, "invalid_destination", "options.folder"),
        ({"secrets": {}}, "invalid_destination", "secrets"),
        ({"secrets": {"pasword": "x"}}, "invalid_destination", "secrets.pasword"),
        ({"name": ""}, "invalid_request", "name"),
        ({"name": "a\x00b"}, "invalid_request", "name"),
        ({"secrets": "x"}, "invalid_request", "secrets"),
        ({"more": 1}, "invalid_request", "more"),
    ],
)
def test_what_describes_no_place_is_refused_by_field(ann, ports, change, code, field):
    answer = ann.post(DESTINATIONS, json=BANK | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert ports.destinations.kept == {}


def test_ftp_knows_three_ways_of_encryption(ann):
    ftp = {"name": "F", "channel": "ftp", "address": "ftp.example.com", "secrets": {"password": "x"}}
    refused = ann.post(DESTINATIONS, json=ftp | {"options": {"username": "u", "tls": "some"}})
    assert refused.json()["detail"] == "This must be one of: explicit, implicit, none."


def test_a_name_is_yours_once(ann, app):
    saved(ann)
    again = ann.post(DESTINATIONS, json=BANK)
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    assert ApiClient(app, user="bob").post(DESTINATIONS, json=BANK).status_code == 201


def test_a_change_keeps_what_it_does_not_name(ann, ports):
    place = saved(ann)
    options = BANK["options"] | {"folder": "inbox"}
    changed = ann.call("PATCH", f"{DESTINATIONS}/{place['id']}", json={"options": options}).json()
    assert (changed["options"], changed["secrets"], changed["name"]) == (options, ["password"], "Bank")
    swapped = {"secrets": {"password": None, "private_key": "key"}}
    assert ann.call("PATCH", f"{DESTINATIONS}/{place['id']}", json=swapped).json()["secrets"] == ["private_key"]
    refused = ann.call("PATCH", f"{DESTINATIONS}/{place['id']}", json={"secrets": {"private_key": None}})
    assert refused.json()["code"] == "invalid_destination"


@pytest.mark.parametrize(
    "change",
    [
        {"address": "evil.example.com"},
        {"options": BANK["options"] | {"port": 22}},
        {"options": BANK["options"] | {"host_key": "ssh-ed25519 BBBB"}},
    ],
)
def test_a_password_is_not_sent_to_a_server_it_was_not_saved_for(ann, ports, change):
    path = f"{DESTINATIONS}/{saved(ann)['id']}"
    refused = ann.call("PATCH", path, json=change)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "secrets")
    assert ann.call("PATCH", path, json=change | {"secrets": {"password": "new"}}).status_code == 200
    assert PASSWORD not in str([ports.vault.unseal(each) for each in ports.destinations.secrets.values()])


def test_ftp_is_not_made_plain_with_a_password_saved_for_tls(ann):
    ftp = {"channel": "ftp", "options": {"username": "u"}}
    path = f"{DESTINATIONS}/{saved(ann, **ftp)['id']}"
    assert ann.call("PATCH", path, json={"options": {"username": "u", "tls": "none"}}).status_code == 422


def test_secrets_may_be_given_again_when_the_key_that_sealed_them_is_gone(ann, ports):
    path = f"{DESTINATIONS}/{saved(ann)['id']}"
    object.__setattr__(ports, "vault", KeyVault("another key"))
    assert ann.post(f"{path}/test").json()["ok"] is False
    assert ann.call("PATCH", path, json={"secrets": {"password": "new"}}).status_code == 200
    assert ann.post(f"{path}/test").json()["ok"] is True


def test_somebody_elses_destination_is_not_there(ann, app):
    place = saved(ann)
    bob = ApiClient(app, user="bob", permissions=("MANAGE_EXPORTS",))
    path = f"{DESTINATIONS}/{place['id']}"
    answers = [bob.get(path), bob.call("PATCH", path, json={}), bob.call("DELETE", path), bob.post(f"{path}/test")]
    assert [each.status_code for each in answers] == [404] * 4
    assert bob.get(DESTINATIONS).json()["items"] == []
    body = {"dataset_id": "sales", "format": "csv"}
    named = bob.post(EXPORTS, json=body | {"recipients": [{"channel": "sftp", "destination_id": place["id"]}]})
    assert (named.status_code, named.json()["code"]) == (422, "unknown_destination")


def test_a_deleted_destination_is_gone(ann):
    path = f"{DESTINATIONS}/{saved(ann)['id']}"
    assert ann.call("DELETE", path).status_code == 204
    assert ann.get(path).status_code == 404


def test_a_trial_says_how_far_it_came_and_is_noted(ann, ports):
    path = f"{DESTINATIONS}/{saved(ann)['id']}/test"
    passed = ann.post(path).json()
    assert (passed["ok"], [step["name"] for step in passed["steps"]]) == (True, ["prepare", "connect"])
    ports.senders["sftp"].error = DeliveryRefused("The server does not know this user.")
    *_, step = ann.post(path).json()["steps"]
    assert (step["ok"], step["detail"]) == (False, "The server does not know this user.")
    assert [each.action for each in ports.jobs.audit].count("destination.tried") == 2


@pytest.mark.parametrize(
    ("recipient", "code", "field"),
    [
        ({"channel": "sftp", "address": "sftp.example.com"}, "invalid_destination", "recipients.0.address"),
        ({"channel": "telegram", "address": str(UUID(int=1))}, "invalid_destination", "recipients.0.address"),
        ({"channel": "email", "address": "nobody"}, "invalid_destination", "recipients.0.address"),
        ({"channel": "webhook", "address": "file:///etc/passwd"}, "invalid_destination", "recipients.0.address"),
        ({"channel": "webhook", "address": "http://u:p@example.com"}, "invalid_destination", "recipients.0.address"),
        ({"channel": "sftp", "destination_id": "no-id"}, "unknown_destination", "recipients.0.destination_id"),
    ],
)
def test_recipients_that_cannot_be_reached_are_refused_before_anything_is_made(ann, ports, recipient, code, field):
    answer = ann.export(recipients=[recipient])
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert ports.jobs.jobs == {}


def test_a_destination_is_reached_by_its_own_channel(ann):
    place = saved(ann)
    answer = ann.export(recipients=[{"channel": "ftp", "destination_id": place["id"]}])
    assert answer.json()["detail"] == "This destination is reached by sftp."


@pytest.mark.parametrize(("channel", "address"), [("webhook", "https://example.com/in"), ("slack", "#finance")])
def test_where_the_deployment_has_no_key_only_a_destination_that_brings_one_is_taken(settings, ports, channel, address):
    limits = replace(ports.limits, keyless=frozenset({Channel.WEBHOOK, Channel.SLACK}))
    ports = replace(ports, limits=limits, senders={**ports.senders, channel: FakeSender()})
    ann = ApiClient(create_app(ports, settings, dispatch_soon=lambda: None))
    answer = ann.export(recipients=[{"channel": channel, "address": address}])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "recipients.0.address")
    place = {"name": "Ours", "channel": channel, "address": address, "options": {}}
    field = ann.post(DESTINATIONS, json=place).json()["errors"][0]["field"]
    assert field == {"webhook": "secrets.secret", "slack": "secrets.token"}[channel]
    place["secrets"] = {field.rpartition(".")[2]: "whsec_" + "a" * 32}
    named = ann.post(DESTINATIONS, json=place).json()["id"]
    assert ann.export(recipients=[{"channel": channel, "destination_id": named}]).status_code == 202
