"""Note in the audit log what was deleted because its time had come."""

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.origin import NOBODY
from exports_pipeline.core.ports import ExportPorts


def note_retention(what: str, count: int, *, ports: ExportPorts) -> None:
    """Write one entry for so many things, as `objects_expired`; none where nothing was deleted.

    Raises:
        LedgerUnavailable.
    """
    if count:
        details = {"times": count}
        entry = AuditEntry(
            at=ports.clock(), actor=NOBODY, action=f"retention.{what}", entity_type="retention", details=details
        )
        ports.audit.record(entry)
