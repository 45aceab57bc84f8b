"""Let a user, and the operators, hear of something once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from exports_pipeline.core.delivery import Kind, Notice
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel, Recipient


def notify(
    user_id: UUID,
    kind: str,
    about: Mapping[str, Any],
    *,
    occasion: str,
    ports: ExportPorts,
    job_id: UUID | None = None,
    operators: bool = False,
    other_than: Channel | None = None,
) -> None:
    """Put a notice into the outbox: to the user, by a channel that reaches them, and to the operators if asked.

    The same occasion again adds nothing. A user whom no channel reaches, or only the one it must not be, hears nothing.

    Raises:
        LedgerUnavailable: nothing was written.
    """
    notice = Notice(kind=Kind(kind), occasion=occasion, user_id=user_id, about=dict(about), job_id=job_id)
    for recipient in (reached(user_id, ports=ports, other_than=other_than), ports.operators if operators else None):
        if recipient is not None:
            ports.outbox.add(notice, recipient, now=ports.clock())


def reached(user_id: UUID, *, ports: ExportPorts, other_than: Channel | None = None) -> Recipient | None:
    """The user by Telegram if they linked a chat, else by mail; by id, so that the address is the one of that time."""
    user = ports.users.requester(user_id)
    ways = {
        Channel.TELEGRAM: ports.users.telegram_chat(user_id),
        Channel.EMAIL: user.email if user else None,
    }
    usable = [way for way, address in ways.items() if address and way in ports.senders and way is not other_than]
    return Recipient(channel=usable[0], address=str(user_id)) if usable else None
