"""Unmasking: who may see redacted columns as they are says why, each time, or gets what everybody gets."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.requester import Permission, Requester

NO_REASON = "no reason given"
SHORTEST_REASON, LONGEST_REASON = 3, 500
NOT_LIFTED = "Redacted columns stay redacted, although you hold UNMASK: give an unmask_reason to get them as they are."


def as_asked(requester: Requester, reason: str | None, *, needs_reason: bool) -> Requester:
    """The requester with the rights of one request: without UNMASK where no reason is given and one is needed."""
    if reason or not needs_reason or not requester.may_unmask:
        return requester
    unused = frozenset({Permission.UNMASK})
    return replace(requester, permissions=requester.permissions - unused, withheld=requester.withheld | unused)


def lifted_entry(
    requester: Requester,
    *,
    at: datetime,
    dataset: str,
    columns: tuple[str, ...],
    reason: str | None,
    job_id: UUID | None = None,
) -> AuditEntry:
    """What the audit log keeps of columns that somebody gets unmasked."""
    return AuditEntry(
        at=at,
        actor=requester.user_id,
        action="redaction.lifted",
        entity_type="dataset",
        entity_id=dataset,
        details={"dataset": dataset, "columns": list(columns), "reason": reason},
        job_id=job_id,
    )
