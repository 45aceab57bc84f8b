"""What happens in the bot's chats, read from a server that behaves as the Bot API."""

import pytest

from exports_pipeline.adapters.telegram_api import BotApi
from exports_pipeline.adapters.telegram_bot import TelegramUpdates
from exports_pipeline.core.telegram import News, Start
from exports_pipeline_tests.telegram_bot_api import TOKEN, blocked, pressed_start, served_bot_api


@pytest.fixture
def far_end():
    with served_bot_api() as server:
        yield server


@pytest.fixture
def bot(far_end):
    return TelegramUpdates(BotApi(TOKEN, api_url=f"http://127.0.0.1:{far_end.server_port}"))


def test_the_bot_knows_its_name(bot):
    assert bot.name() == "exports_bot"


def test_starts_and_blocks_are_news_and_come_once(far_end, bot):
    far_end.updates = [pressed_start(7, 42, "code"), pressed_start(8, 43), blocked(9, 44)]
    news = bot.news(0)
    assert news.starts == [Start(chat="42", code="code"), Start(chat="43", code="")]
    assert (news.stopped, news.offset) == (["44"], 10)
    assert bot.news(news.offset) == News(starts=[], stopped=[], offset=10)


def test_news_that_were_not_settled_come_again(far_end, bot):
    far_end.updates = [pressed_start(7, 42, "code")]
    assert bot.news(0) == bot.news(0)


def test_other_words_are_no_news(far_end, bot):
    hello = pressed_start(7, 42)
    hello["message"]["text"] = "Hello /start"
    far_end.updates = [hello]
    assert bot.news(0).starts == []


def test_the_bot_answers(far_end, bot):
    bot.answer("42", "Linked.")
    assert [(each["chat_id"], each["text"]) for each in far_end.messages] == [("42", "Linked.")]
