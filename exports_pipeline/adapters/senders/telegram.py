"""Deliveries by Telegram."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.message import Message, Target

_TIMEOUT_S = 10.0
Answer = TypeVar("Answer")


class TelegramSender:
    """`Sender` over the Bot API; the address of a target is a chat id."""

    def __init__(self, token: str, *, api_url: str = "https://api.telegram.org") -> None:
        self._token = token
        self._api_url = api_url.rstrip("/")
        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs URLs, and the Bot API's hold the token

    def send(self, target: Target, message: Message) -> str:
        """Send a message and return its id within the chat.

        Raises:
            DeliveryRefused: the chat does not exist, has blocked the bot, or the token is wrong.
            DeliveryUnavailable: Telegram does not answer, or asks to wait.
        """
        return asyncio.run(self._send(target.address, message.html))

    def trial(self, target: Target) -> Iterator[str]:
        """Ask for the bot, then for the chat."""
        yield "authenticate"
        asyncio.run(self._ask(lambda bot: bot.get_me()))
        yield "connect"
        asyncio.run(self._ask(lambda bot: bot.get_chat(target.address)))

    async def _send(self, chat_id: str, html: str) -> str:
        sent = await self._ask(
            lambda bot: bot.send_message(
                chat_id, html, parse_mode=ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True)
            )
        )
        return str(sent.message_id)

    async def _ask(self, question: Callable[[Bot], Coroutine[Any, Any, Answer]]) -> Answer:
        request = HTTPXRequest(
            connect_timeout=_TIMEOUT_S, read_timeout=_TIMEOUT_S, write_timeout=_TIMEOUT_S, pool_timeout=_TIMEOUT_S
        )
        async with request:
            try:
                return await question(Bot(self._token, base_url=f"{self._api_url}/bot", request=request))
            except (Forbidden, BadRequest, InvalidToken) as error:
                raise DeliveryRefused(f"Telegram refused the message: {error.message}.") from error
            except TelegramError as error:
                raise DeliveryUnavailable("Telegram did not take the message.") from error
