"""Recipients: who gets a result, and by which channel."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Channel(StrEnum):
    """The way a delivery takes."""

    EMAIL = "email"
    SLACK = "slack"
    TELEGRAM = "telegram"
    WEBHOOK = "webhook"
    SFTP = "sftp"
    FTP = "ftp"
    TEAMS = "teams"
    APPRISE = "apprise"


TRANSFERS = frozenset({Channel.SFTP, Channel.FTP})
"""The channels that carry whole files, however large, and nothing else."""
MESSAGES = frozenset(Channel) - TRANSFERS
"""The channels whose messages take seconds."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets a result, and how: at an address, or at a saved destination."""

    channel: Channel
    address: str = ""
    """As the channel spells it; empty where a destination is named."""
    destination_id: UUID | None = None


def person(recipient: Recipient) -> UUID | None:
    """The user of the system whom a recipient's address names by id, if it does."""
    try:
        return UUID(recipient.address) if len(recipient.address) == len(str(UUID(int=0))) else None
    except ValueError:
        return None
