"""The channels that the settings set up, each with its sender."""

from exports_pipeline.adapters.senders.telegram import TelegramSender
from exports_pipeline.adapters.telegram_api import BotApi
from exports_pipeline.adapters.telegram_bot import TelegramUpdates
from exports_pipeline.core.message import Sender
from exports_pipeline.core.recipient import Channel
from exports_pipeline.settings import Settings

_MEGABYTE = 1_000_000


def make_senders(settings: Settings) -> dict[str, Sender]:
    """The senders by channel; nothing connects before it is used."""
    senders: dict[str, Sender] = {}
    attach_bytes = int(settings.attach_mb * _MEGABYTE)
    api = _bot_api(settings)
    if api is not None:
        senders[Channel.TELEGRAM] = TelegramSender(api, attach_bytes=attach_bytes)
    return senders


def make_bot(settings: Settings) -> TelegramUpdates | None:
    """The Telegram bot, to hear what happens in its chats; None where none is set up."""
    api = _bot_api(settings)
    return TelegramUpdates(api) if api else None


def _bot_api(settings: Settings) -> BotApi | None:
    if settings.telegram_token is None:
        return None
    return BotApi(settings.telegram_token.get_secret_value(), api_url=settings.telegram_api_url)
