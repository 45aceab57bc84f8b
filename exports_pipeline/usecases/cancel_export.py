"""Cancel an export job."""

from uuid import UUID

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_exports import export_to_change


def cancel_export(job_id: UUID, requester: Requester, *, ports: ExportPorts) -> ExportJob:
    """Settle a job as cancelled; a running attempt notices at its next beat and stops its query.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's.
        NotAllowed: it is only shared with the requester.
        WrongStatus: it has ended already.
    """
    job = export_to_change(job_id, requester, ports=ports)
    now = ports.clock()
    subject = requester.beside(job.requester.user_id)
    entry = AuditEntry(at=now, actor=requester.user_id, subject=subject, action="export.cancelled", job_id=job.id)
    return ports.jobs.cancel(job.id, now=now, audit=entry)
