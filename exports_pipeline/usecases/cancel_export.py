"""Cancel an export job."""

from uuid import UUID

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_exports import read_export


def cancel_export(job_id: UUID, requester: Requester, *, ports: ExportPorts) -> ExportJob:
    """Settle a job as cancelled; a running attempt notices at its next beat and stops its query.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's.
        WrongStatus: it has ended already.
    """
    job = read_export(job_id, requester, ports=ports)
    now = ports.clock()
    entry = AuditEntry(at=now, actor=requester.user_id, action="export.cancelled", job_id=job.id)
    return ports.jobs.cancel(job.id, now=now, audit=entry)
