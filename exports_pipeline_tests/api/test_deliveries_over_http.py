"""Deliveries, the links in messages, and linked chats over HTTP."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from exports_pipeline.adapters.vault import KeyVault
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, RecipientGone
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.telegram import Start
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline.usecases.link_telegram import read_news
from exports_pipeline_tests.api_client import EXPORTS, ApiClient, run
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.bot import FakeBot

ANN = user_id("ann")
TELEGRAM = "/api/analytics/me/telegram"
TO_42 = [{"channel": "telegram", "address": "42"}]


def completed_for(ann, ports, recipients=TO_42):
    job_id = ann.export(recipients=recipients).json()["job_id"]
    run(ports, job_id)
    return job_id


def links_in(ports, channel="telegram"):
    return [re.search(r'http://127\.0\.0\.1:8000(/d/[\w-]+)"', html)[1] for _, html in ports.senders[channel].sent]


@pytest.fixture
def link(ann, ports):
    """The link in the one message that was sent."""
    completed_for(ann, ports)
    deliver(ports)
    return links_in(ports)[0]


def test_a_link_redirects_to_a_fresh_url_and_counts(ann, ports, link):
    opened = ann.get(link, anonymous=True)
    assert (opened.status_code, opened.headers["cache-control"]) == (307, "no-store")
    assert opened.headers["location"].endswith("?valid=300")
    ann.get(link, anonymous=True)
    (item,) = ann.get(f"{EXPORTS}/{next(iter(ports.jobs.jobs))}/deliveries").json()["items"]
    assert (item["state"], item["attempts"], item["link"]["opened"]) == ("sent", 1, 2)
    assert [each.action for each in ports.jobs.audit].count("link.opened") == 2


def test_a_look_ahead_at_a_link_counts_for_nothing(ann, ports, link):
    assert ann.call("HEAD", link, anonymous=True).status_code == 204
    assert [each.opened for each in ports.links.links.values()] == [0]


def test_no_message_carries_a_signed_url(ann, ports, link):
    assert all("objects.test" not in html for _, html in ports.senders["telegram"].sent)


def test_a_link_ends_after_a_day(ann, ports, link):
    ports.clock.advance(timedelta(hours=24).total_seconds())
    refused = ann.get(link, anonymous=True)
    assert (refused.status_code, refused.json()["code"]) == (410, "link_closed")


def test_a_link_that_was_revoked_stays_closed(ann, ports, link):
    (delivery_id,) = ports.jobs.deliveries
    path = f"{EXPORTS}/{ports.jobs.deliveries[delivery_id].job_id}/deliveries/{delivery_id}/revoke"
    assert ann.post(path).json()["link"]["revoked_at"] is not None
    assert ann.get(link, anonymous=True).json()["code"] == "link_closed"
    assert ann.post(path).status_code == 409


def test_a_browser_gets_a_page_where_there_is_nothing_to_open(app):
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    transport = httpx.ASGITransport(app)

    async def opened():
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as browser:
            return await browser.get("/d/unknown")

    page = asyncio.run(opened())
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing behind this link" in page.text


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 200])
def test_a_token_we_never_made_is_not_found(ann, token):
    refused = ann.get(f"/d/{token}", anonymous=True)
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_link")


def test_a_token_of_another_deployment_opens_nothing_here(ann, ports, link):
    (link_id,) = ports.links.links
    assert ann.get(f"/d/{KeyVault('another').token(link_id)}", anonymous=True).json()["code"] == "unknown_link"
    object.__setattr__(ports, "vault", KeyVault("new, a-secret-of-the-tests"))
    assert ann.get(link, anonymous=True).status_code == 307  # the key was changed, and the old one is still known


def test_a_link_closes_when_its_owner_is_kept_out(ann, ports, link):
    ports.users.set_active(ANN, is_active=False, at=ports.clock())
    assert ann.get(link, anonymous=True).status_code == 403
    ports.users.set_active(ANN, is_active=True, at=ports.clock())
    assert ann.get(link, anonymous=True).status_code == 307


def test_a_link_closes_when_its_owner_has_lost_the_right_it_was_made_with(app, ports):
    admin = ApiClient(app, permissions=("EXPORT_ALL",))
    completed_for(admin, ports)
    deliver(ports)
    (link,) = links_in(ports)
    assert admin.get(link, anonymous=True).status_code == 307
    ApiClient(app).export()  # the same person, with a token that allows less
    assert admin.get(link, anonymous=True).json()["code"] == "not_allowed"


def test_each_delivery_has_a_link_of_its_own(ann, ports):
    completed_for(ann, ports, [*TO_42, {"channel": "telegram", "address": "43"}])
    deliver(ports)
    assert len(set(links_in(ports))) == 2


def test_a_repeated_try_sends_the_same_link(ann, ports):
    completed_for(ann, ports)
    ports.senders["telegram"].error = DeliveryUnavailable()
    deliver(ports)
    ports.senders["telegram"].error = None
    ports.clock.advance(10)
    deliver(ports)
    assert len(ports.links.links) == 1
    assert len(links_in(ports)) == 1


def test_only_what_failed_is_sent_again(ann, ports):
    job_id = completed_for(ann, ports)
    ports.senders["telegram"].error = DeliveryRefused("No such chat.")
    assert deliver(ports).failed == 1
    (item,) = ann.get(f"{EXPORTS}/{job_id}/deliveries").json()["items"]
    assert (item["state"], item["error"]) == ("failed", "No such chat.")
    ports.senders["telegram"].error = None
    path = f"{EXPORTS}/{job_id}/deliveries/{item['id']}/retry"
    assert ann.post(path).status_code == 202
    assert deliver(ports).sent == 1
    refused = ann.post(path)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "The delivery is sent; only one that failed can be sent again.",
    )


def test_a_file_that_has_expired_is_not_sent_again(ann, ports):
    job_id = completed_for(ann, ports)
    ports.senders["telegram"].error = DeliveryRefused("No such chat.")
    deliver(ports)
    ports.clock.advance(timedelta(days=2).total_seconds())
    (delivery_id,) = ports.jobs.deliveries
    assert ann.post(f"{EXPORTS}/{job_id}/deliveries/{delivery_id}/retry").status_code == 410


def test_deliveries_of_somebody_else_are_not_there(ann, app, ports):
    job_id = completed_for(ann, ports)
    (delivery_id,) = ports.jobs.deliveries
    bob = ApiClient(app, user="bob")
    path = f"{EXPORTS}/{job_id}/deliveries"
    answers = [bob.get(path), bob.post(f"{path}/{delivery_id}/retry"), bob.post(f"{path}/{delivery_id}/revoke")]
    assert [each.status_code for each in answers] == [404] * 3
    assert ann.post(f"{path}/{UUID(int=1)}/retry").json()["code"] == "unknown_delivery"


def test_the_owner_hears_once_on_another_channel_what_was_not_delivered(app, ports):
    ann = ApiClient(app)
    job_id = completed_for(ann, ports)
    ports.users.seen(replace(ports.users.requester(ANN), email="ann@example.com"), at=ports.clock())
    ports.senders["telegram"].error = DeliveryRefused("No such chat.")
    deliver(ports)
    deliver(ports)
    ((address, html),) = ports.senders["email"].sent
    assert address == "ann@example.com"
    assert "Sales could not be delivered by telegram" in html
    assert "No such chat." in html
    kinds = [each["kind"] for each in ann.get(f"{EXPORTS}/{job_id}/deliveries").json()["items"]]
    assert kinds == ["result", "delivery_failed"]


def test_a_notice_that_fails_is_not_told_of_again(app, ports):
    completed_for(ApiClient(app), ports)
    ports.users.seen(replace(ports.users.requester(ANN), email="ann@example.com"), at=ports.clock())
    for sender in ports.senders.values():
        sender.error = DeliveryRefused("No.")
    deliver(ports)
    deliver(ports)
    assert len(ports.jobs.deliveries) == 2


def test_a_person_of_the_system_is_reached_where_they_are_now(ann, ports):
    completed_for(ann, ports, [{"channel": "email", "address": "me"}])
    assert deliver(ports).failed == 1  # the token carries no address
    ports.users.seen(replace(ports.users.requester(ANN), email="ann@example.com"), at=ports.clock())
    completed_for(ann, ports, [{"channel": "email", "address": "me"}])
    deliver(ports)
    assert [address for address, _ in ports.senders["email"].sent] == ["ann@example.com"]


def test_mail_goes_to_allowed_domains_only(app, ports):
    object.__setattr__(ports, "limits", Limits(mail_domains=frozenset({"example.com"})))
    ann = ApiClient(app)
    mixed = ann.export(recipients=[{"channel": "email", "address": "a@example.com, b@elsewhere.org"}])
    assert (mixed.status_code, mixed.json()["code"]) == (422, "target_forbidden")
    assert "elsewhere.org" in mixed.json()["detail"]
    assert ann.export(recipients=[{"channel": "email", "address": "a@EXAMPLE.com"}]).status_code == 202


@pytest.fixture
def bot(ports):
    bot = FakeBot()
    object.__setattr__(ports, "bot", bot)
    return bot


def test_a_chat_is_linked_by_a_deep_link_and_start(ann, ports, bot):
    invitation = ann.post(TELEGRAM).json()
    url, _, code = invitation["url"].partition("?start=")
    assert url == "https://t.me/exports_bot"
    assert re.fullmatch(r"[\w-]{20,64}", code)  # what Telegram lets through
    assert ann.get(TELEGRAM).json() == {"linked": False}
    bot.starts = [Start(chat="42", code=code), Start(chat="43", code=code), Start(chat="44", code="")]
    assert read_news(bot, 7, ports=ports) == (8, 1, 0)
    assert ann.get(TELEGRAM).json() == {"linked": True}
    assert [(chat, text.partition(".")[0]) for chat, text in bot.said] == [
        ("42", "Linked"),
        ("43", "This link has expired or was used before"),
        ("44", "This link has expired or was used before"),
    ]
    completed_for(ann, ports, [])
    deliver(ports)
    assert [address for address, _ in ports.senders["telegram"].sent] == ["42"]
    assert ann.call("DELETE", TELEGRAM).status_code == 204
    assert ann.get(TELEGRAM).json() == {"linked": False}


def test_without_a_bot_nobody_is_invited(ann):
    assert ann.post(TELEGRAM).json()["code"] == "unknown_channel"


@pytest.mark.parametrize("by", ["update", "delivery"])
def test_a_chat_that_blocked_the_bot_is_unlinked(ann, ports, bot, by):
    ports.users.chats[ANN] = "42"
    ports.users.seen(replace(requester("ann"), email="ann@example.com"), at=ports.clock())
    if by == "update":
        bot.stopped = ["42"]
        read_news(bot, 0, ports=ports)
    else:
        completed_for(ann, ports, [])
        ports.senders["telegram"].error = RecipientGone("Telegram refused the message: bot was blocked by the user.")
        deliver(ports)
    assert ann.get(TELEGRAM).json() == {"linked": False}
    assert [each.details["chat"] for each in ports.jobs.audit if each.action == "telegram.unlinked"] == ["42"]
    for _ in range(2):
        deliver(ports)
    told = [html for address, html in ports.senders["email"].sent if address == "ann@example.com"]
    assert len([html for html in told if "no longer linked" in html and "blocked or removed" in html]) == 1


@pytest.mark.parametrize("channel", ["email", "telegram", "slack", "webhook"])
def test_a_message_can_be_seen_before_it_is_sent(ann, channel):
    told = ann.get(f"/api/analytics/messages/preview?channel={channel}&timezone=Europe/Prague").json()
    assert told["subject"] == "Transactions <2026> & more: 1,022 rows, XLSX"
    assert "09:00 CET" in told["text"]


def test_a_preview_in_no_zone_is_refused(ann):
    refused = ann.get("/api/analytics/messages/preview?timezone=Mars/Olympus")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "timezone")
