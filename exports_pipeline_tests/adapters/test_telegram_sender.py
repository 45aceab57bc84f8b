"""Deliveries by Telegram, against a server that behaves as the Bot API."""

import logging
import time

import pytest

from exports_pipeline.adapters.senders.telegram import TelegramSender
from exports_pipeline.adapters.telegram_api import BotApi
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, RecipientGone
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_file, a_message
from exports_pipeline_tests.contracts.sender_contract import Arrived, FarEnd, SenderContract
from exports_pipeline_tests.dripping import dripping_server
from exports_pipeline_tests.http_far_end import NOBODY
from exports_pipeline_tests.telegram_bot_api import TOKEN, served_bot_api

ANN = Target(channel=Channel.TELEGRAM, address="42")
ROOMY = 1_000_000


class TelegramFarEnd(FarEnd):
    target = ANN
    secret = TOKEN
    shows = frozenset({"html", "file"})
    steps = ("authenticate", "write")
    away_at = "authenticate"
    knows_twice = False

    def __init__(self, server):
        self._server = server
        self.sender = self._sender(TOKEN)

    def _sender(self, token, url=None):
        url = url or f"http://127.0.0.1:{self._server.server_port}"
        return TelegramSender(BotApi(token, api_url=url, timeout_s=0.5), attach_bytes=ROOMY)

    @property
    def mood(self):
        return self._server.mood

    @mood.setter
    def mood(self, mood):
        self._server.mood = mood

    def arrived(self):
        return [
            Arrived(
                html=each.get("text") or each["caption"], files=dict([each["document"]] if "document" in each else [])
            )
            for each in self._server.messages
        ]

    def away(self):
        return self._sender(TOKEN, NOBODY), ANN

    def wrong(self):
        return self._sender("999:WRONG"), ANN, "999:WRONG"


@pytest.fixture
def bot_api():
    with served_bot_api() as server:
        yield server


@pytest.fixture
def far(bot_api):
    return TelegramFarEnd(bot_api)


class TestTelegram(SenderContract):
    """Telegram keeps the contract."""


def test_a_message_arrives_as_html_and_gives_its_id(bot_api, far):
    assert far.sender.send(ANN, a_message(html="<b>a &amp; b</b>")) == "1"
    (message,) = bot_api.messages
    assert (message["chat_id"], message["text"], message["parse_mode"]) == ("42", "<b>a &amp; b</b>", "HTML")


def test_a_file_carries_the_message_as_its_caption(bot_api, far):
    far.sender.send(far.attaching(), a_message(html="<b>x</b>", file=a_file(b"1")))
    (message,) = bot_api.messages
    assert (message["caption"], message["parse_mode"]) == ("<b>x</b>", "HTML")


def test_what_has_changed_is_linked_and_not_sent(far):
    far.sender.send(far.attaching(), a_message(file=a_file(b"1"), changes=a_file(b"2", name="sales.changes.csv")))
    assert [each.files for each in far.arrived()] == [{"sales.csv": b"1"}]


@pytest.mark.parametrize("changes", [{"html": "x" * 1025}, {"file": a_file(bytes(ROOMY + 1))}])
def test_what_does_not_fit_goes_without_the_file(far, changes):
    far.sender.send(far.attaching(), a_message(**{"file": a_file(b"1"), **changes}))
    assert [each.files for each in far.arrived()] == [{}]


@pytest.mark.parametrize("why", ["bot was blocked by the user", "user is deactivated", "bot was kicked from the group"])
@pytest.mark.parametrize("ask", [lambda far: far.sender.send(ANN, a_message()), lambda far: [*far.sender.trial(ANN)]])
def test_a_chat_that_is_lost_is_gone_for_good(bot_api, far, why, ask):
    bot_api.answer = (403, {"description": f"Forbidden: {why}"})
    with pytest.raises(RecipientGone, match=why):
        ask(far)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((400, {"description": "Bad Request: chat not found"}), "not found"),
        ((403, {"description": "Forbidden: bot can't initiate conversation with a user"}), "initiate"),
        ((400, {"description": "migrated", "parameters": {"migrate_to_chat_id": -100123}}), "-100123"),
    ],
)
def test_a_chat_that_cannot_be_written_to_is_refused_and_not_gone(bot_api, far, answer, sentence):
    bot_api.answer = answer
    with pytest.raises(DeliveryRefused, match=sentence) as refused:
        far.sender.send(ANN, a_message())
    assert type(refused.value) is DeliveryRefused


def test_a_server_that_drips_is_left_after_the_limit(far):
    begin = time.monotonic()
    beginning = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with dripping_server(beginning) as port, pytest.raises(DeliveryUnavailable, match="in time"):
        far._sender(TOKEN, f"http://127.0.0.1:{port}").send(ANN, a_message())
    assert time.monotonic() - begin < 3


def test_the_token_is_in_no_log_of_httpx(far, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("httpx"), "level", logging.NOTSET)
    with caplog.at_level(logging.INFO):
        far._sender(TOKEN).send(ANN, a_message())
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        ((429, {"description": "Too Many Requests: retry after 5", "parameters": {"retry_after": 5}}), 5),
        ((502, {"description": "Bad Gateway"}), None),
    ],
)
def test_a_busy_telegram_is_worth_another_try_when_it_says(bot_api, far, answer, wait_s):
    bot_api.answer = answer
    with pytest.raises(DeliveryUnavailable) as failed:
        far.sender.send(ANN, a_message())
    assert failed.value.retry_after_s == wait_s
