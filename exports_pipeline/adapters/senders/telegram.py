"""Deliveries by Telegram."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from telegram import Bot, InputFile, LinkPreviewOptions
from telegram import Message as SentMessage
from telegram.constants import ChatAction, MessageLimit, ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from exports_pipeline.adapters.senders.attachment import attachment, read_whole
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, RecipientGone
from exports_pipeline.core.message import Message, Target

_GONE = ("bot was blocked", "bot was kicked", "user is deactivated")
Answer = TypeVar("Answer")


class TelegramSender:
    """`Sender` over the Bot API; the address of a target is a chat id."""

    def __init__(
        self,
        token: str,
        *,
        api_url: str = "https://api.telegram.org",
        attach_bytes: int = 0,
        timeout_s: float = 10.0,
    ) -> None:
        self._token = token
        self._api_url = api_url.rstrip("/")
        self._attach_bytes = attach_bytes
        self._timeout_s = timeout_s
        for name in ("httpx", "telegram"):  # below WARNING they log URLs, and the Bot API's hold the token
            logging.getLogger(name).setLevel(logging.WARNING)

    def send(self, target: Target, message: Message) -> str:
        """Send a message, or a small file with the message below it, and return its id within the chat.

        A file is linked only where the message is too long to be a caption.

        Raises:
            RecipientGone: the chat has blocked the bot.
            DeliveryRefused: the chat does not exist, or the token is wrong.
            DeliveryUnavailable: Telegram does not answer, or asks to wait.
        """
        file = attachment(target, message, limit_bytes=self._attach_bytes)
        if file is None or len(message.html) > MessageLimit.CAPTION_LENGTH:
            return self._ask(lambda bot: _send_text(bot, target.address, message.html))
        document = InputFile(read_whole(file), filename=file.name)
        return self._ask(lambda bot: _send_document(bot, target.address, document, message.html))

    def trial(self, target: Target) -> Iterator[str]:
        """Ask for the bot, then have it type into the chat, which leaves nothing there."""
        yield "authenticate"
        self._ask(lambda bot: bot.get_me())
        yield "write"
        self._ask(lambda bot: bot.send_chat_action(target.address, ChatAction.TYPING))

    def _ask(self, question: Callable[[Bot], Coroutine[Any, Any, Answer]]) -> Answer:
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
            return await question(Bot(self._token, base_url=f"{self._api_url}/bot", request=request))


async def _send_text(bot: Bot, chat_id: str, html: str) -> str:
    no_preview = LinkPreviewOptions(is_disabled=True)
    return _receipt(await bot.send_message(chat_id, html, parse_mode=ParseMode.HTML, link_preview_options=no_preview))


async def _send_document(bot: Bot, chat_id: str, document: InputFile, html: str) -> str:
    return _receipt(await bot.send_document(chat_id, document, caption=html, parse_mode=ParseMode.HTML))


def _receipt(sent: SentMessage) -> str:
    return str(sent.message_id)


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
