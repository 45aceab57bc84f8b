"""Give a person everything that is held about them."""

from collections.abc import Iterator
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed, UnknownUser
from exports_pipeline.core.requester import Permission, Requester


def archive_user(user_id: UUID, requester: Requester, *, ports: ExportPorts) -> Iterator[bytes]:
    """A ZIP archive in pieces of what is held about a user, for themselves or for an administrator.

    Raises:
        NotAllowed: the requester is neither.
        UnknownUser: there is no such user.
        LedgerUnavailable, SpillDiskFull.
    """
    if user_id != requester.user_id and Permission.ADMIN not in requester.permissions:
        raise NotAllowed
    now = ports.clock()
    pieces = ports.archive.pieces(user_id, now=now)
    if pieces is None:
        raise UnknownUser(f"There is no user {user_id}.")
    entry = AuditEntry(
        at=now,
        actor=requester.user_id,
        action="user.archived",
        subject=user_id,
        entity_type="user",
        entity_id=str(user_id),
    )
    ports.audit.record(entry)
    return pieces
