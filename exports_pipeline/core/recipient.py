"""Recipients: who gets a result, and by which channel."""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """The way a delivery takes."""

    TELEGRAM = "telegram"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets a result, and how."""

    channel: Channel
    address: str
