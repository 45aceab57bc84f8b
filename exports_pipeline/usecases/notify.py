"""Tell somebody that something happened."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts


def notify(
    user_id: UUID,
    kind: str,
    about: Mapping[str, Any],
    *,
    occasion: str,
    ports: ExportPorts,
    job_id: UUID | None = None,
    operators: bool = False,
) -> None:
    """Note what a user, and the operators if so wanted, are to hear of."""
    details = {**about, "occasion": occasion, "operators": operators}
    ports.audit.record(
        AuditEntry(at=ports.clock(), actor=user_id, action=f"notice.{kind}", job_id=job_id, details=details)
    )
