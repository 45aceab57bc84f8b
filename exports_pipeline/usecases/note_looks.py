"""Note in the audit log who looked at data without exporting them."""

from exports_pipeline.core.estimate import Estimate
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester


def note_estimate(request: ExportRequest, estimate: Estimate, requester: Requester, *, ports: ExportPorts) -> None:
    """Note an estimate, which shows rows as well as figures; their number, not their values."""
    dataset = ports.catalog.find(request.dataset, requester)
    rows = len(estimate.preview) if estimate.preview is not None else 0
    entry = AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        action="export.estimated",
        entity_type="dataset",
        entity_id=str(dataset.id),
        details={
            "dataset": dataset.name,
            "format": request.format,
            "rows_shown": rows,
            "unmasked": requester.may_unmask,
        },
    )
    ports.audit.record(entry)
