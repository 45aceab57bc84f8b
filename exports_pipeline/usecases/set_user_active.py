"""Deactivate a user, for whom nothing runs then, and take that back."""

from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed, UnknownUser
from exports_pipeline.core.requester import Requester


def set_user_active(user_id: UUID, requester: Requester, *, is_active: bool, ports: ExportPorts) -> None:
    """Have schedules run for a user again, or no more.

    Raises:
        NotAllowed: the requester does not manage exports.
        UnknownUser: there is no such user.
    """
    if not requester.manages_exports:
        raise NotAllowed
    now = ports.clock()
    if not ports.users.set_active(user_id, is_active=is_active, at=now):
        raise UnknownUser(f"There is no user {user_id}.")
    action = "user.activated" if is_active else "user.deactivated"
    entry = AuditEntry(
        at=now,
        actor=requester.user_id,
        subject=user_id,
        action=action,
        entity_type="user",
        entity_id=str(user_id),
        after={"is_active": is_active},
        details={"user": str(user_id)},
    )
    ports.audit.record(entry)
