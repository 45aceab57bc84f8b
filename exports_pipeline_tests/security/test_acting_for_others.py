"""Service accounts act for those they may act for, and are never worth more than themselves."""

import asyncio
from uuid import UUID

import httpx
import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline_tests.api_client import EXPORTS, ApiClient, token_of
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.schedule_client import DAILY as BY_SALES

KEYS = "/api/analytics/keys"
SCHEDULES = "/api/analytics/schedules"
DAILY = BY_SALES | {"body": {"dataset_id": "bookings"}}


@pytest.fixture
def root(app):
    return ApiClient(app, user="root", permissions=("ADMIN", "EXPORT_ALL", "UNMASK"))


@pytest.fixture
def people(ports):
    """Ann and an administrator have been here."""
    ports.users.seen(requester("ann"), at=ports.clock())
    ports.users.seen(requester("chief", "ADMIN", "EXPORT_ALL", "UNMASK"), at=ports.clock())


def service(root, **body):
    answer = root.post(KEYS, json={"name": "bot", "user": "bot", "act_for": ["ann", "owner:chief"]} | body)
    assert answer.status_code == 201, answer.text
    return ApiClient(root.app, token=answer.json()["key"]), answer.json()


def requested(client, ports, **more):
    answer = client.post(EXPORTS, json={"dataset_id": "bookings", "format": "csv"}, **more)
    assert answer.status_code == 202, answer.text
    return ports.jobs.get(UUID(answer.json()["job_id"]))


def test_a_service_account_acts_for_a_person_and_both_stand_in_ledger_log_and_job(root, ports, people):
    bot, key = service(root)
    job = requested(bot, ports, headers={"X-Act-For": "ann"})
    both = {"service": str(user_id("bot")), "key": key["id"]}
    assert (job.requester.user_id, job.requester.owner_key) == (user_id("ann"), "ann")
    assert job.requester.through == both
    assert ports.audit.audit[-1].actor == user_id("ann")
    assert both.items() <= ports.audit.audit[-1].details.items()
    assert ApiClient(root.app).get(f"{EXPORTS}/{job.id}").status_code == 200


def test_without_the_header_a_service_account_is_itself(root, ports, people):
    bot, _ = service(root)
    job = requested(bot, ports)
    assert (job.requester.user_id, job.requester.service) == (user_id("bot"), None)


def test_acting_for_an_administrator_gives_no_more_than_the_account_has(root, ports, people):
    bot, _ = service(root, scopes=["EXPORT", "UNMASK"])
    job = requested(bot, ports, headers={"X-Act-For": "chief"})
    assert "UNMASK" in job.requester.permissions
    assert not job.requester.permissions & {"ADMIN", "EXPORT_ALL"}
    for method, path, body in (("GET", f"{KEYS}?user=all", None), ("POST", KEYS, {"name": "mine"})):
        assert bot.call(method, path, json=body, headers={"X-Act-For": "chief"}).status_code == 403


def test_acting_for_a_person_gives_no_more_than_the_person_has(root, ports, people):
    bot, _ = service(root, scopes=["EXPORT", "EXPORT_ALL", "UNMASK"])
    assert not requested(bot, ports, headers={"X-Act-For": "ann"}).requester.permissions & {"EXPORT_ALL", "UNMASK"}


def test_what_a_person_may_is_not_changed_by_whoever_acts_for_them(root, ports, people):
    bot, _ = service(root)
    requested(bot, ports, headers={"X-Act-For": "chief"})
    assert ports.users.requester(user_id("chief")) == requester("chief", "ADMIN", "EXPORT_ALL", "UNMASK")


@pytest.mark.parametrize("name", ["bob", "nobody", "583", "owner:ann", "root", "", " ", "ann,bob", "x" * 501])
def test_a_service_account_acts_for_nobody_else(root, ports, people, name):
    ports.users.seen(requester("bob"), at=ports.clock())
    bot, _ = service(root)
    refused = bot.get(EXPORTS, headers={"X-Act-For": name})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_whether_a_user_exists_is_not_told_to_who_may_not_act_for_them(root, ports, people):
    ports.users.seen(requester("bob"), at=ports.clock())
    bot, _ = service(root)
    told = [bot.get(EXPORTS, headers={"X-Act-For": name}).json()["detail"] for name in ("bob", "nobody")]
    assert told[0] == told[1]


def test_who_is_no_service_account_acts_for_nobody_not_even_themselves(root, ann, ports, people):
    own_key = ApiClient(ann.app, token=ann.post(KEYS, json={"name": "mine"}).json()["key"])
    for client in (ann, root, own_key):
        assert client.get(EXPORTS, headers={"X-Act-For": "ann"}).status_code == 403


def test_only_an_administrator_makes_a_service_account(ann, bob, ports, people):
    for body in ({"act_for": ["chief"]}, {"user": "bot"}, {"owner_key": "chief"}):
        assert ann.post(KEYS, json={"name": "a"} | body).status_code == 403
    assert ports.keys.kept == {}


def test_the_header_twice_is_refused(root, people):
    bot, _ = service(root)

    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(root.app), base_url="http://api.test") as client:
            headers = [*bot.headers.items(), ("X-Act-For", "ann"), ("X-Act-For", "chief")]
            return await client.get(EXPORTS, headers=headers)

    assert asyncio.run(ask()).status_code == 403


def test_a_token_of_a_service_account_acts_as_its_claim_says(app, ports, people):
    bot = ApiClient(app, token=token_of("bot", "UNMASK", act_for=["chief"]))
    job = requested(bot, ports, headers={"X-Act-For": "chief"})
    assert (job.requester.user_id, "UNMASK" in job.requester.permissions) == (user_id("chief"), True)
    assert "ADMIN" not in job.requester.permissions
    assert bot.get(EXPORTS, headers={"X-Act-For": "ann"}).status_code == 403


def test_somebody_who_was_deactivated_is_acted_for_no_more(root, ports, people):
    ports.users.set_active(user_id("ann"), is_active=False, at=ports.clock())
    bot, _ = service(root)
    assert bot.get(EXPORTS, headers={"X-Act-For": "ann"}).status_code == 403


def test_a_key_that_carries_less_than_its_user_makes_no_schedule_that_does_more(app, ports):
    powerful = ApiClient(app, permissions=("EXPORT_ALL",))
    narrow = ApiClient(app, token=powerful.post(KEYS, json={"name": "narrow"}).json()["key"])
    assert narrow.post(SCHEDULES, json=DAILY).status_code == 403
    schedule = powerful.post(SCHEDULES, json=DAILY).json()["id"]
    assert narrow.post(f"{SCHEDULES}/{schedule}/run").status_code == 403
    assert narrow.call("PATCH", f"{SCHEDULES}/{schedule}", json={"cron": "0 7 * * *"}).status_code == 403
    whole = powerful.post(KEYS, json={"name": "whole", "scopes": ["EXPORT", "EXPORT_ALL"]}).json()["key"]
    assert ApiClient(app, token=whole).post(SCHEDULES, json=DAILY).status_code == 201
