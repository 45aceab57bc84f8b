"""Link a Telegram chat to a user: an invitation, and the start that answers it."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import UnknownChannel
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.telegram import Start, TelegramBot
from exports_pipeline.usecases.forget_chat import forget_chat

_VALID = timedelta(minutes=15)
_LINKED = "Linked. You hear here when your exports are ready."
_EXPIRED = "This link has expired or was used before. Ask for a new one in the export service."


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What links a chat once its user opens it and presses start."""

    url: str
    expires_at: datetime


def invite(requester: Requester, *, ports: ExportPorts) -> Invitation:
    """A deep link into the bot; an earlier one of the requester ends.

    Raises:
        UnknownChannel: this deployment has no bot.
        DeliveryUnavailable: Telegram does not say what the bot is called.
    """
    if ports.bot is None:
        raise UnknownChannel("There is no Telegram bot here; an operator sets TELEGRAM_BOT_TOKEN.", field="channel")
    code = secrets.token_urlsafe(24)
    now = ports.clock()
    ports.users.seen(requester, at=now)
    ports.users.invite(requester.user_id, _hash(code), expires_at=now + _VALID)
    return Invitation(url=f"https://t.me/{ports.bot.name()}?start={code}", expires_at=now + _VALID)


def read_news(bot: TelegramBot, offset: int, *, ports: ExportPorts) -> tuple[int, int, int]:
    """Link the chats in which start was pressed since an offset, and forget those that blocked the bot.

    Gives the next offset, and how many were linked and forgotten. News that were read and not settled come again.

    Raises:
        DeliveryUnavailable, DeliveryRefused: Telegram does not answer, or not to us.
        LedgerUnavailable: nothing is settled yet.
    """
    news = bot.news(offset)
    linked = sum(_accept(start, bot, ports) for start in news.starts)
    for chat in news.stopped:
        forget_chat(chat, ports=ports)
    return news.offset, linked, len(news.stopped)


def unlink(requester: Requester, *, ports: ExportPorts) -> bool:
    """Forget the requester's chat; False if none was linked."""
    found = ports.users.unlink(requester.user_id)
    if found:
        ports.audit.record(AuditEntry(at=ports.clock(), actor=requester.user_id, action="telegram.unlinked"))
    return found


def _accept(start: Start, bot: TelegramBot, ports: ExportPorts) -> bool:
    """Link the chat to whoever was invited, and answer there; False if nobody was."""
    now = ports.clock()
    user_id = ports.users.accept(_hash(start.code), start.chat, now=now) if start.code else None
    if user_id is not None:
        ports.audit.record(AuditEntry(at=now, actor=user_id, action="telegram.linked", details={"chat": start.chat}))
    with suppress(DeliveryRefused, DeliveryUnavailable):  # they see it in the service all the same
        bot.answer(start.chat, _LINKED if user_id else _EXPIRED)
    return user_id is not None


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
