"""Deliveries by Telegram, against a server that behaves as the Bot API."""

import logging

import pytest

from exports_pipeline.adapters.senders.telegram import TelegramSender
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_message
from exports_pipeline_tests.telegram_bot_api import TOKEN, served_bot_api

ANN = Target(channel=Channel.TELEGRAM, address="42")


@pytest.fixture
def bot_api():
    with served_bot_api() as server:
        yield server


def sender(bot_api, token=TOKEN):
    return TelegramSender(token, api_url=f"http://127.0.0.1:{bot_api.server_port}")


def test_a_message_arrives_as_html_and_gives_its_id(bot_api):
    receipt = sender(bot_api).send(ANN, a_message(html="<b>a &amp; b</b>"))
    assert receipt == "1"
    (message,) = bot_api.messages
    assert (message["chat_id"], message["text"], message["parse_mode"]) == ("42", "<b>a &amp; b</b>", "HTML")


def test_a_chat_that_blocked_the_bot_is_refused_for_good(bot_api):
    bot_api.answer = (403, {"description": "Forbidden: bot was blocked by the user"})
    with pytest.raises(DeliveryRefused, match="blocked"):
        sender(bot_api).send(ANN, a_message(html="x"))


def test_an_unknown_chat_is_refused_for_good(bot_api):
    bot_api.answer = (400, {"description": "Bad Request: chat not found"})
    with pytest.raises(DeliveryRefused, match="not found"):
        sender(bot_api).send(ANN, a_message(html="x"))


def test_a_wrong_token_is_refused_for_good_and_not_repeated_in_the_error(bot_api):
    with pytest.raises(DeliveryRefused) as caught:
        sender(bot_api, token="999:WRONG").send(ANN, a_message(html="x"))
    assert "WRONG" not in str(caught.value)


def test_the_token_is_in_no_log(bot_api, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("httpx"), "level", logging.NOTSET)
    with caplog.at_level(logging.INFO):
        sender(bot_api).send(ANN, a_message(html="x"))
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        (429, {"description": "Too Many Requests: retry after 5", "parameters": {"retry_after": 5}}),
        (502, {"description": "Bad Gateway"}),
    ],
)
def test_a_busy_telegram_is_worth_another_try(bot_api, answer):
    bot_api.answer = answer
    with pytest.raises(DeliveryUnavailable):
        sender(bot_api).send(ANN, a_message(html="x"))


def test_a_telegram_that_is_away_is_worth_another_try():
    with pytest.raises(DeliveryUnavailable):
        TelegramSender(TOKEN, api_url="http://127.0.0.1:1").send(ANN, a_message(html="x"))
