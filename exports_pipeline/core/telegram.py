"""The Telegram bot as somebody to talk to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Start:
    """Somebody pressed start in a chat with the bot."""

    chat: str
    code: str
    """What the deep link carried; empty if they came by themselves."""


@dataclass(frozen=True, kw_only=True)
class News:
    """What happened in the bot's chats since an offset."""

    starts: Sequence[Start]
    stopped: Sequence[str]
    """Chats that blocked the bot."""
    offset: int
    """Where the next news begin; asking with it tells Telegram that these have arrived."""


class TelegramBot(Protocol):
    """The bot; every method raises DeliveryUnavailable or DeliveryRefused."""

    def name(self) -> str:
        """What the bot is called, without @."""

    def news(self, offset: int) -> News:
        """What happened since an offset; at once, even if it is nothing."""

    def answer(self, chat: str, text: str) -> None:
        """Say something in a chat."""
