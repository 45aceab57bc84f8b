"""Forget a Telegram chat that does not take messages any more."""

from exports_pipeline.core.delivery import Kind
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel
from exports_pipeline.usecases.notify import notify

_BLOCKED = "The bot was blocked or removed there."


def forget_chat(chat: str, *, ports: ExportPorts) -> None:
    """Unlink a chat; whoever linked it hears of it once, by another channel, and the audit log has a note.

    Raises:
        LedgerUnavailable: not now.
    """
    now = ports.clock()
    for user_id in ports.users.unlink_chat(chat):
        details = {"chat": chat, "reason": _BLOCKED}
        ports.audit.record(AuditEntry(at=now, actor=user_id, action="telegram.unlinked", details=details))
        notify(
            user_id,
            Kind.CHAT_UNLINKED,
            {"reason": _BLOCKED},
            occasion=f"chat:{chat}:{now.isoformat()}",
            ports=ports,
            other_than=Channel.TELEGRAM,
        )
