"""The Telegram bot as somebody to talk to."""

from functools import cached_property

from telegram import Update
from telegram.constants import ChatMemberStatus

from exports_pipeline.adapters.telegram_api import BotApi
from exports_pipeline.core.telegram import News, Start

_STARTED = "/start"


class TelegramUpdates:
    """`TelegramBot` over the Bot API."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    def name(self) -> str:
        """What the bot is called; asked once."""
        return self._name

    def news(self, offset: int) -> News:
        """What happened since an offset; at most a hundred updates, the next ones come with the next call."""
        updates = self._api.ask(
            lambda bot: bot.get_updates(offset=offset or None, timeout=0, allowed_updates=["message", "my_chat_member"])
        )
        return News(
            starts=[start for update in updates if (start := _start(update))],
            stopped=[chat for update in updates if (chat := _stopped(update))],
            offset=max((update.update_id + 1 for update in updates), default=offset),
        )

    def answer(self, chat: str, text: str) -> None:
        """Say something in a chat."""
        self._api.ask(lambda bot: bot.send_message(chat, text))

    @cached_property
    def _name(self) -> str:
        return str(self._api.ask(lambda bot: bot.get_me()).username)


def _start(update: Update) -> Start | None:
    message = update.message
    words = (message.text or "").split() if message else []
    if message is None or not words or words[0].partition("@")[0] != _STARTED:
        return None
    return Start(chat=str(message.chat.id), code=words[1] if len(words) > 1 else "")


def _stopped(update: Update) -> str | None:
    change = update.my_chat_member
    if change is None or change.new_chat_member.status not in {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}:
        return None
    return str(change.chat.id)
