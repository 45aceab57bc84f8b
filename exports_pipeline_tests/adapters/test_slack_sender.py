"""Deliveries to Slack, against a server that behaves as its Web API."""

from dataclasses import replace

import pytest

from exports_pipeline.adapters.senders.slack import SlackSender
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_file, a_message
from exports_pipeline_tests.contracts.sender_contract import Arrived, FarEnd, SenderContract
from exports_pipeline_tests.http_far_end import NOBODY
from exports_pipeline_tests.slack_web_api import TOKEN, served_web_api

EXPORTS = Target(channel=Channel.SLACK, address="C0123456789")
ROOMY = 1_000_000


class SlackFarEnd(FarEnd):
    target = EXPORTS
    secret = TOKEN
    shows = frozenset({"text", "file", "changes"})
    steps = ("authenticate", "write", "delete")
    away_at = "authenticate"

    def __init__(self, server):
        self._server = server
        self.sender = self._sender(TOKEN)

    def _sender(self, token, url=None):
        url = url or f"http://127.0.0.1:{self._server.server_port}"
        return SlackSender(token, api_url=f"{url}/api/", attach_bytes=ROOMY, timeout_s=0.5)

    @property
    def mood(self):
        return self._server.mood

    @mood.setter
    def mood(self, mood):
        self._server.mood = mood

    def arrived(self):
        return [
            Arrived(id=each["metadata"]["event_payload"]["id"], text=each["text"], files=each["files"])
            for each in [*self._server.messages, *self._server.scheduled]
        ]

    def away(self):
        return self._sender(TOKEN, NOBODY), EXPORTS

    def wrong(self):
        return self._sender("xoxb-999-WRONG"), EXPORTS, "xoxb-999-WRONG"


@pytest.fixture
def web_api():
    with served_web_api() as server:
        yield server


@pytest.fixture
def far(web_api):
    return SlackFarEnd(web_api)


class TestSlack(SenderContract):
    """Slack keeps the contract."""


def test_a_message_shows_its_links_as_they_are_and_gives_where_it_stands(web_api, far):
    assert (
        far.sender.send(EXPORTS, a_message(text="*Sales* <https://x.example|open>")) == "C0123456789 1700000000.000000"
    )
    (message,) = web_api.messages
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


@pytest.mark.parametrize(("address", "channel"), [("#exports", "C0123456789"), ("U0123456789", "D0123456789")])
def test_a_file_follows_its_message_wherever_that_went(web_api, far, address, channel):
    far.sender.send(replace(far.attaching(), address=address), a_message(file=a_file(b"1,2")))
    (message,) = web_api.messages
    assert (message["channel"], message["files"]) == (channel, {"sales.csv": b"1,2"})


def test_a_file_that_is_too_large_is_only_linked(web_api, far):
    far.sender.send(far.attaching(), a_message(file=a_file(bytes(ROOMY + 1))))
    assert web_api.calls == ["chat.postMessage"]


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
def test_a_file_that_slack_does_not_take_leaves_no_message_either(web_api, far, method):
    web_api.answers[method] = (200, {"ok": False, "error": "missing_scope", "needed": "files:write"})
    with pytest.raises(DeliveryRefused, match="lacks the scope files:write"):
        far.sender.send(far.attaching(), a_message(file=a_file()))
    assert web_api.messages == []


def test_the_token_of_a_destination_comes_before_that_of_the_service(far):
    own = replace(EXPORTS, secrets={"token": TOKEN})
    assert far._sender("xoxb-999-WRONG").send(own, a_message())
    assert far._sender(None).send(own, a_message())


def test_without_any_token_it_says_which_setting_is_missing(web_api, far):
    with pytest.raises(DeliveryRefused, match="SLACK_BOT_TOKEN"):
        far._sender(None).send(EXPORTS, a_message())
    assert web_api.calls == []


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("channel_not_found", "/invite"),
        ("not_in_channel", "/invite"),
        ("is_archived", "archived"),
        ("token_revoked", "new one"),
        ("msg_blocked_by_somebody", "msg_blocked_by_somebody"),
    ],
)
def test_a_refusal_says_what_to_do(web_api, far, code, advice):
    web_api.answers["chat.postMessage"] = (200, {"ok": False, "error": code})
    with pytest.raises(DeliveryRefused, match=advice):
        far.sender.send(EXPORTS, a_message())


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        ((429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}), 30),
        ((429, {"ok": False, "error": "ratelimited"}), None),
        ((503, {}), None),
        ((200, {"ok": False, "error": "internal_error"}), None),
    ],
)
def test_a_busy_slack_is_worth_another_try_when_it_says(web_api, far, answer, wait_s):
    web_api.answers["chat.postMessage"] = answer
    with pytest.raises(DeliveryUnavailable) as failed:
        far.sender.send(EXPORTS, a_message())
    assert failed.value.retry_after_s == wait_s
    assert web_api.calls == ["chat.postMessage"]


def test_a_trial_of_a_channel_without_the_bot_ends_at_writing(web_api, far):
    steps = []
    with pytest.raises(DeliveryRefused, match="/invite"):
        steps.extend(far.sender.trial(replace(EXPORTS, address="C0000000000")))
    assert steps == ["authenticate", "write"]
