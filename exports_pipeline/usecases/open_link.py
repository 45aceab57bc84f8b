"""Open the link of a message."""

from dataclasses import replace
from datetime import timedelta

from exports_pipeline.core.access_refusals import UserDeactivated
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.link import Link
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import person
from exports_pipeline.core.refusals import LinkClosed, ResultExpired, UnknownLink
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.check_sharing import check_sharing

_URL_VALID = timedelta(minutes=5)
"""Long enough to begin the download; the link makes another."""


def owner_behind_link(token: str, *, ports: ExportPorts) -> Requester | None:
    """For whom a link is opened: the owner of its job, with no permission; None where there is no such link."""
    link_id = ports.vault.link_id(token)
    link = ports.links.find(link_id) if link_id else None
    job = ports.jobs.get(link.job_id) if link else None
    return replace(job.requester, permissions=frozenset()) if job else None


def open_link(token: str, *, ports: ExportPorts, to_changes: bool = False) -> str:
    """A fresh URL of the file behind a link, or of what has changed in it, counted and noted in the audit log.

    A link opens as long as the job's owner might still make the export themselves.

    Raises:
        UnknownLink: we have not made this token, its job was erased, or nothing is told of changes.
        LinkClosed: it has expired or was revoked.
        ResultExpired: the file was deleted.
        UserDeactivated: its owner was deactivated, or the user for whom it was made.
        NotAllowed: the owner may no longer see what is in the file.
    """
    link_id = ports.vault.link_id(token)
    link = ports.links.find(link_id) if link_id else None
    job = ports.jobs.get(link.job_id) if link else None
    if link is None or job is None:
        raise UnknownLink
    now = ports.clock()
    if link.revoked_at is not None or link.expires_at <= now:
        raise LinkClosed
    if job.result is None or job.is_expired(now):
        raise ResultExpired
    check_sharing(job, ports=ports)
    _check_recipient(link, ports)
    stored = job.result.changes if to_changes else job.result
    if stored is None:
        raise UnknownLink
    url = ports.objects.presign(stored.object_key, valid=_URL_VALID)
    details = {"link": str(link.id), "delivery": str(link.delivery_id), **({"of": "changes"} if to_changes else {})}
    audit = AuditEntry(at=now, actor=job.requester.user_id, action="link.opened", job_id=job.id, details=details)
    ports.links.opened(link.id, audit)
    return url


def _check_recipient(link: Link, ports: ExportPorts) -> None:
    """Refuse a link whose message went to a person of the system who was deactivated since."""
    of_job = ports.outbox.of_job(link.job_id)
    user_id = next((person(each.recipient) for each in of_job if each.id == link.delivery_id), None)
    if user_id is not None and ports.users.requester(user_id) is None:
        raise UserDeactivated("This link was made for somebody who was deactivated.")
