"""Messages: what a recipient gets, and where it goes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from exports_pipeline.core.delivery import Kind
from exports_pipeline.core.recipient import Channel


@dataclass(frozen=True, kw_only=True)
class FileToSend:
    """A published file, for channels that carry files."""

    name: str
    """A plain file name: no folder, no control characters."""
    content_type: str
    size_bytes: int
    sha256: str
    chunks: Callable[[], Iterator[bytes]]
    """Reads the file from the object store, from its start at every call; raises ObjectStoreUnavailable."""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What a message says."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a recipient gets; a sender takes the forms that its channel can show."""

    id: UUID
    """The delivery; the same at every try, so that a receiver can know a message it has already."""
    subject: str
    """One line of plain text."""
    text: str
    """Plain text; mrkdwn for Slack."""
    html: str
    """A whole page for mail; for Telegram, only the tags b, i, a and code."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The same as JSON, for machines: `type`, `timestamp` and `data`, as `core.message_facts` makes them."""
    at: datetime
    """When the message came to be, in UTC."""
    file: FileToSend | None = None
    """The result; None in notices."""
    changes: FileToSend | None = None
    """The rows in which it differs from the one of the window before, where there is such a file."""

    @property
    def files(self) -> tuple[FileToSend, ...]:
        """All that goes along where a channel carries files, the result first."""
        return tuple(each for each in (self.file, self.changes) if each)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a message goes, resolved from a recipient, secrets included; never stored, logged or shown."""

    channel: Channel
    address: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """What a saved destination says of itself, as `core.destination` describes it."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


class Sender(Protocol):
    """One channel."""

    def send(self, target: Target, message: Message) -> str:
        """Send a message and return the channel's receipt; the same message again is harmless where a channel can tell.

        Raises:
            DeliveryRefused: the target refuses it for good.
            DeliveryUnavailable: it did not take it this time.
        """

    def trial(self, target: Target) -> Iterator[str]:
        """Try a target out, without a message that a person would read where the channel allows it.

        Gives the name of every step before it does it: resolve, connect, authenticate, write, delete; those it has.

        Raises:
            DeliveryRefused, DeliveryUnavailable: the step named last failed.
        """


class MessageTemplates(Protocol):
    """The words of messages."""

    def render(self, kind: Kind, channel: Channel, facts: Mapping[str, Any], *, timezone: str) -> Wording:
        """What a message of some kind says on a channel, times shown in a zone."""
