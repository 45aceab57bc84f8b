"""Try a failed or cancelled export job again."""

from uuid import UUID

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.check_quota import check_quota_for_retry
from exports_pipeline.usecases.read_exports import export_to_change


def retry_export(job_id: UUID, requester: Requester, *, ports: ExportPorts) -> ExportJob:
    """Make a job pending again as a new attempt, with the rights of its first request.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's.
        NotAllowed: it is only shared with the requester.
        WrongStatus: it has neither failed nor been cancelled.
        QuotaExceeded: whoever requested it has exported as much as they may in a day.
    """
    job = export_to_change(job_id, requester, ports=ports)
    check_quota_for_retry(ports.users.requester(job.requester.user_id) or job.requester, ports=ports)
    now = ports.clock()
    subject = requester.beside(job.requester.user_id)
    entry = AuditEntry(at=now, actor=requester.user_id, subject=subject, action="export.retried", job_id=job.id)
    return ports.jobs.retry(job.id, now=now, audit=entry)
