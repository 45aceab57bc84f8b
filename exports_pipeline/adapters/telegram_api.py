"""Questions to Telegram's Bot API, and its errors wrapped once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, RecipientGone

_GONE = ("bot was blocked", "bot was kicked", "user is deactivated")
Answer = TypeVar("Answer")


class BotApi:
    """The Bot API with the token of one bot."""

    def __init__(self, token: str, *, api_url: str = "https://api.telegram.org", timeout_s: float = 10.0) -> None:
        self._token = token
        self._base_url = f"{api_url.rstrip('/')}/bot"
        self._timeout_s = timeout_s
        for name in ("httpx", "telegram"):  # below WARNING they log URLs, and the Bot API's hold the token
            logging.getLogger(name).setLevel(logging.WARNING)

    def ask(self, question: Callable[[Bot], Coroutine[Any, Any, Answer]]) -> Answer:
        """The answer to a question.

        Raises:
            RecipientGone: the chat has blocked the bot.
            DeliveryRefused: the chat does not exist, or the token is wrong.
            DeliveryUnavailable: Telegram does not answer, or asks to wait.
        """
        try:
            return asyncio.run(self._answer(question))
        except TimeoutError as error:
            raise DeliveryUnavailable("Telegram did not answer in time.") from error
        except TelegramError as error:
            raise _as_ours(error) from error

    async def _answer(self, question: Callable[[Bot], Coroutine[Any, Any, Answer]]) -> Answer:
        limit_s = self._timeout_s
        request = HTTPXRequest(
            connect_timeout=limit_s,
            read_timeout=limit_s,
            write_timeout=limit_s,
            media_write_timeout=limit_s,
            pool_timeout=limit_s,
        )
        async with asyncio.timeout(2 * limit_s), request:
            bot = Bot(self._token, base_url=self._base_url, request=request, get_updates_request=request)
            return await question(bot)


def _as_ours(error: TelegramError) -> DeliveryRefused | DeliveryUnavailable:
    match error:
        case Forbidden() if any(words in error.message for words in _GONE):
            return RecipientGone(f"Telegram refused the message: {error.message}.")
        case ChatMigrated():
            return DeliveryRefused(f"The group has become another chat, {error.new_chat_id}; send there instead.")
        case Forbidden() | BadRequest() | InvalidToken():
            return DeliveryRefused(f"Telegram refused the message: {error.message}.")
        case RetryAfter():
            wait = error.retry_after
            wait_s = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            return DeliveryUnavailable("Telegram asks to wait.", retry_after_s=wait_s)
        case _:
            return DeliveryUnavailable("Telegram did not take the message.")
