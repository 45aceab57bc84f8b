"""Quotas over HTTP: the refusal says which, how much is left and when there is room; `me` says the same beforehand."""

from dataclasses import replace
from uuid import UUID

import pytest

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.quota import Quota, Quotas
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline_tests.api_client import EXPORTS, ApiClient, run
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ME = "/api/analytics/me"


@pytest.fixture
def ports():
    found = fake_ports()
    users = {user_id("bob"): {"jobs": 1}, user_id("cecil"): {"rows": 3}}
    return replace(found, limits=replace(found.limits, quotas=Quotas(default=Quota(jobs=2), users=users)))


def test_one_job_too_many_is_429_with_all_that_a_client_must_know(ann, ports):
    first = ann.export()
    ports.clock.advance(3600)
    ann.export()
    ports.clock.advance(3600)
    refused = ann.export()
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.headers["retry-after"] == str(22 * 3600)
    assert refused.headers["ratelimit-policy"] == '"jobs-per-day";q=2;w=86400'
    assert refused.headers["ratelimit"] == f'"jobs-per-day";r=0;t={22 * 3600}'
    assert "0 are left; there is room again at 2026-03-02 12:00:00 UTC" in refused.json()["detail"]
    assert ann.get(f"{EXPORTS}/{first.json()['job_id']}").status_code == 200
    ports.clock.advance(22 * 3600)
    assert ann.export().status_code == 202


def test_a_refusal_stands_in_the_audit_log(bob, ports):
    bob.export()
    bob.export()
    [entry] = [each for each in ports.audit.audit if each.outcome == "refused"]
    assert (entry.action, entry.outcome, entry.actor) == ("quota.refused", "refused", user_id("bob"))
    assert (entry.details["quota"], entry.details["limit"]) == ("jobs-per-day", 1)


def test_a_key_does_not_widen_the_quota_of_its_user(bob):
    key = bob.post("/api/analytics/keys", json={"name": "more"}).json()["key"]
    assert bob.export().status_code == 202
    assert ApiClient(bob.app, token=key).export().status_code == 429


def test_reports_and_renditions_count_as_exports_do(bob, ports):
    job_id = bob.export(options={"keep_result": True}).json()["job_id"]
    run(ports, job_id)
    assert bob.post(f"{EXPORTS}/{job_id}/renditions", json={"format": "json"}).status_code == 429
    assert bob.post("/api/analytics/exports/estimate", json={"dataset_id": "sales", "format": "csv"}).status_code != 429


def test_whoever_has_used_up_their_rows_makes_none_by_a_retry(app, ports):
    cecil = ApiClient(app, user="cecil", permissions=("EXPORT_ALL",))
    cancelled, whole = (cecil.export().json()["job_id"] for _ in range(2))
    cancel_export(UUID(cancelled), requester("cecil"), ports=ports)
    run(ports, whole)
    refused = cecil.post(f"{EXPORTS}/{cancelled}/retry")
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")


def test_me_tells_who_asks_and_what_is_left(ann, ports):
    run(ports, ann.export().json()["job_id"])
    me = ann.get(ME).json()
    assert (me["user_id"], me["owner_key"], me["key"], me["service"]) == (str(user_id("ann")), "ann", None, None)
    assert me["quotas"]["jobs_per_day"] == {"limit": 2, "used": 1, "left": 1, "resets_at": "2026-03-02T12:00:00Z"}
    assert me["quotas"]["rows_per_day"]["used"] == 3
    assert (me["quotas"]["rows_per_day"]["limit"], me["quotas"]["rows_per_day"]["left"]) == (None, None)
    assert me["queue"] == {"waiting": 0, "limit": 1000, "limit_of_all": 100_000}
    assert me["telegram_linked"] is False


def test_me_tells_of_the_key_and_the_service_that_ask(app, ports):
    root = ApiClient(app, user="root", permissions=("ADMIN", "UNMASK"))
    ports.users.seen(requester("ann", "UNMASK", "EXPORT_ALL"), at=ports.clock())
    body = {"name": "bot", "user": "bot", "act_for": ["ann"], "scopes": ["EXPORT", "UNMASK"]}
    made = root.post("/api/analytics/keys", json=body).json()
    bot = ApiClient(app, token=made["key"])
    assert bot.get(ME).json()["service"] is None
    me = bot.get(ME, headers={"X-Act-For": "ann"}).json()
    assert (me["user_id"], me["service"]) == (str(user_id("ann")), str(user_id("bot")))
    assert (me["key"]["id"], me["key"]["prefix"]) == (made["id"], made["prefix"])
    assert "UNMASK" in me["permissions"]
    assert "EXPORT_ALL" not in me["permissions"]
