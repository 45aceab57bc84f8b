"""Note in the audit log who looked at data without exporting them, or lets others look."""

from collections.abc import Collection
from datetime import datetime

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


def note_preview(template: str, requester: Requester, *, ports: ExportPorts) -> None:
    """Note that a report was looked at without being requested."""
    entry = AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        action="report.previewed",
        entity_type="report",
        entity_id=template,
        details={"template": template, "unmasked": requester.may_unmask},
    )
    ports.audit.record(entry)


def note_widget(filters: Collection[str], expires_at: datetime, requester: Requester, *, ports: ExportPorts) -> None:
    """Note that an address was made which shows figures without signing in; by what they are narrowed, not to what."""
    entry = AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        action="insight.widget_made",
        details={"filters": sorted(filters), "expires_at": expires_at.isoformat(), "of_all": requester.views_insights},
    )
    ports.audit.record(entry)
