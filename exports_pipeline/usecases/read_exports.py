"""Read export jobs and open their files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import AuditEntry, Page, SeenJob
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed, NotCompleted, ResultExpired, UnknownExportJob
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.sharing import is_shared, shared_with
from exports_pipeline.usecases.check_sharing import check_sharing

LINK_VALID = timedelta(hours=1)


def read_export(job_id: UUID, requester: Requester, *, ports: ExportPorts) -> ExportJob:
    """A job of the requester or shared with them, or of anybody for those who manage exports.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's.
    """
    job = ports.jobs.get(job_id)
    if job is None or not may_see(requester, job):
        raise UnknownExportJob(f"There is no export job {job_id} among yours.")
    return job


def export_to_change(job_id: UUID, requester: Requester, *, ports: ExportPorts) -> ExportJob:
    """A job that the requester may do something with, besides looking at it.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's.
        NotAllowed: it is only shared with them.
    """
    job = read_export(job_id, requester, ports=ports)
    if not may_change(requester, job):
        raise NotAllowed("This export is shared with you: you may see and download it, no more.")
    return job


def look_at_exports(job_ids: Sequence[UUID], *, ports: ExportPorts) -> Mapping[UUID, SeenJob]:
    """The jobs of these ids that exist, with their places in the queue; not everybody may see each of them."""
    return ports.jobs.look(job_ids, slots=ports.limits.slots)


def may_see(requester: Requester, job: ExportJob) -> bool:
    """Whether a job is the requester's or shared with a team of theirs, or they manage exports."""
    return may_change(requester, job) or is_shared(job.shared_with, requester)


def may_change(requester: Requester, job: ExportJob) -> bool:
    """Whether a job is the requester's, or they manage exports."""
    return job.requester.user_id == requester.user_id or requester.manages_exports


def list_exports(
    requester: Requester,
    page: Page,
    *,
    ports: ExportPorts,
    user_id: UUID | None = None,
    everybody: bool = False,
    is_shared: bool = False,
) -> list[ExportJob]:
    """A page of the requester's own jobs, newest first; of a user, or of everybody, for those who manage exports.

    With `is_shared`, those that others, or that user, share with the requester.

    Raises:
        NotAllowed: the requester does not manage exports, and asks for jobs of others.
    """
    if is_shared:
        return ports.jobs.page(user_id, replace(page, shared=shared_with(requester)))
    whose = None if everybody else user_id or requester.user_id
    if whose != requester.user_id and not requester.manages_exports:
        raise NotAllowed("Only those who manage exports see jobs of others; leave `user` out.")
    return ports.jobs.page(whose, page)


def download_url(job: ExportJob, *, ports: ExportPorts) -> str | None:
    """A fresh URL of the job's file, valid for one hour; None where there is no file (any more)."""
    if job.result is None or job.is_expired(ports.clock()):
        return None
    return ports.objects.presign(job.result.object_key, valid=LINK_VALID)


def changes_url(job: ExportJob, *, ports: ExportPorts) -> str | None:
    """A fresh URL of what has changed in the job's file, valid for one hour; None where there is no such file."""
    if job.result is None or job.result.changes is None or job.is_expired(ports.clock()):
        return None
    return ports.objects.presign(job.result.changes.object_key, valid=LINK_VALID)


def open_download(job_id: UUID, requester: Requester, *, ports: ExportPorts) -> str:
    """A fresh URL of the job's file, noted in the audit log.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's.
        NotAllowed: it is shared with the requester, and its owner could not make it any more.
        NotCompleted: there is no file yet, or there never will be.
        ResultExpired: the file was deleted.
    """
    job = read_export(job_id, requester, ports=ports)
    if job.result is None:
        raise NotCompleted(f"The export job is {job.status} and has no file.")
    is_theirs = may_change(requester, job)
    if not is_theirs:
        check_sharing(job, ports=ports)
    url = download_url(job, ports=ports)
    if url is None:
        raise ResultExpired
    entry = AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        subject=requester.beside(job.requester.user_id),
        action="export.download_link",
        job_id=job.id,
        details=None if is_theirs else {"shared_by": str(job.requester.user_id)},
    )
    ports.audit.record(entry)
    return url
