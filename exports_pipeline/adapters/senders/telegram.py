"""Deliveries by Telegram."""

from collections.abc import Iterator
from dataclasses import replace

from telegram import Bot, InputFile, LinkPreviewOptions
from telegram import Message as SentMessage
from telegram.constants import ChatAction, MessageLimit, ParseMode

from exports_pipeline.adapters.senders.attachment import attachments, read_whole
from exports_pipeline.adapters.telegram_api import BotApi
from exports_pipeline.core.message import Message, Target


class TelegramSender:
    """`Sender` over the Bot API; the address of a target is a chat id."""

    def __init__(self, api: BotApi, *, attach_bytes: int = 0) -> None:
        self._api = api
        self._attach_bytes = attach_bytes

    def send(self, target: Target, message: Message) -> str:
        """Send a message, or a small file with the message below it, and return its id within the chat.

        A message carries one file, so what has changed is only linked; the result too, where the message is too
        long to be a caption.

        Raises:
            RecipientGone: the chat has blocked the bot.
            DeliveryRefused: the chat does not exist, or the token is wrong.
            DeliveryUnavailable: Telegram does not answer, or asks to wait.
        """
        files = attachments(target, replace(message, changes=None), limit_bytes=self._attach_bytes)
        if not files or len(message.html) > MessageLimit.CAPTION_LENGTH:
            return self._api.ask(lambda bot: _send_text(bot, target.address, message.html))
        document = InputFile(read_whole(files[0]), filename=files[0].name)
        return self._api.ask(lambda bot: _send_document(bot, target.address, document, message.html))

    def trial(self, target: Target) -> Iterator[str]:
        """Ask for the bot, then have it type into the chat, which leaves nothing there."""
        yield "authenticate"
        self._api.ask(lambda bot: bot.get_me())
        yield "write"
        self._api.ask(lambda bot: bot.send_chat_action(target.address, ChatAction.TYPING))


async def _send_text(bot: Bot, chat_id: str, html: str) -> str:
    no_preview = LinkPreviewOptions(is_disabled=True)
    return _receipt(await bot.send_message(chat_id, html, parse_mode=ParseMode.HTML, link_preview_options=no_preview))


async def _send_document(bot: Bot, chat_id: str, document: InputFile, html: str) -> str:
    return _receipt(await bot.send_document(chat_id, document, caption=html, parse_mode=ParseMode.HTML))


def _receipt(sent: SentMessage) -> str:
    return str(sent.message_id)
