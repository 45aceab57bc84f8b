"""Deliveries as the API shows them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from exports_pipeline.core.link import Link
from exports_pipeline.usecases.link_telegram import Invitation
from exports_pipeline.usecases.read_deliveries import SeenDelivery


class LinkView(BaseModel):
    """The link that a message carries."""

    expires_at: datetime = Field(description="Until when it opens.")
    revoked_at: datetime | None = Field(description="When it was closed by hand.")
    opened: int = Field(description="How often it was opened.")
    last_opened_at: datetime | None = Field(description="When it was opened last.")

    @classmethod
    def of(cls, link: Link) -> "LinkView":
        """The view of a link; its address is in the message alone."""
        return cls(
            expires_at=link.expires_at,
            revoked_at=link.revoked_at,
            opened=link.opened,
            last_opened_at=link.last_opened_at,
        )


class DeliveryView(BaseModel):
    """One result or notice for one recipient."""

    id: UUID = Field(description="Id of the delivery.")
    kind: str = Field(description="`result`, or what a notice tells.", examples=["result"])
    channel: str = Field(description="The way it takes.")
    address: str | None = Field(description="Where to; the id of a person of the system stands for wherever they are.")
    destination_id: UUID | None = Field(description="The saved destination, in place of an address.")
    state: str = Field(description="pending, sending, sent or failed.")
    attempts: int = Field(description="How often it was tried.")
    next_attempt_at: datetime | None = Field(description="When it is tried next; null once it is sent or failed.")
    receipt: str | None = Field(description="What the channel answered when it took the message.")
    error: str | None = Field(description="Why the last attempt failed.")
    created_at: datetime = Field(description="When it came to be.")
    settled_at: datetime | None = Field(description="When it was sent, or failed for good.")
    link: LinkView | None = Field(description="The link in its message, once there is one.")

    @classmethod
    def of(cls, seen: SeenDelivery) -> "DeliveryView":
        """The view of a delivery."""
        delivery = seen.delivery
        return cls(
            id=delivery.id,
            kind=delivery.kind,
            channel=delivery.recipient.channel,
            address=delivery.recipient.address or None,
            destination_id=delivery.recipient.destination_id,
            state=delivery.state,
            attempts=delivery.tries,
            next_attempt_at=delivery.next_try_at,
            receipt=delivery.receipt,
            error=delivery.last_error,
            created_at=delivery.created_at,
            settled_at=delivery.settled_at,
            link=LinkView.of(seen.link) if seen.link else None,
        )


class DeliveryList(BaseModel):
    """All deliveries of an export job, in the order they were written."""

    items: list[DeliveryView] = Field(description="The deliveries.")
    next_cursor: None = Field(None, description="Always null: the list is whole.")


class TelegramInvitation(BaseModel):
    """What links your Telegram chat."""

    url: str = Field(description="Open it, and press start.", examples=["https://t.me/exports_bot?start=..."])
    expires_at: datetime = Field(description="Until when it links.")

    @classmethod
    def of(cls, invitation: Invitation) -> "TelegramInvitation":
        """The view of an invitation."""
        return cls(url=invitation.url, expires_at=invitation.expires_at)


class TelegramState(BaseModel):
    """Whether a Telegram chat of yours is linked."""

    linked: bool = Field(description="Whether results and notices reach you there.")
