"""Read the deliveries of a job, send one again, close its link."""

from dataclasses import dataclass
from uuid import UUID

from exports_pipeline.core.delivery import Delivery, Kind
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.link import Link
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import ResultExpired, UnknownDelivery, WrongStatus
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_exports import export_to_change


@dataclass(frozen=True, kw_only=True)
class SeenDelivery:
    """A delivery and its link, if its message was ever composed."""

    delivery: Delivery
    link: Link | None


def read_deliveries(job_id: UUID, requester: Requester, *, ports: ExportPorts) -> list[SeenDelivery]:
    """All deliveries of a job of the requester, or of anybody for those who manage exports.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's.
        NotAllowed: it is only shared with the requester.
    """
    job = export_to_change(job_id, requester, ports=ports)
    links = {link.delivery_id: link for link in ports.links.of_job(job.id)}
    return [SeenDelivery(delivery=each, link=links.get(each.id)) for each in ports.outbox.of_job(job.id)]


def send_again(job_id: UUID, delivery_id: UUID, requester: Requester, *, ports: ExportPorts) -> SeenDelivery:
    """Have a failed delivery tried again, as if it were new; the others stay as they are.

    Raises:
        UnknownExportJob, UnknownDelivery: there is none, or it is somebody else's.
        WrongStatus: it has not failed.
        ResultExpired: there is no file to tell of any more.
    """
    seen = _found(job_id, delivery_id, requester, ports)
    job = ports.jobs.get(job_id)
    if seen.delivery.kind is Kind.RESULT and (job is None or job.is_expired(ports.clock())):
        raise ResultExpired
    entry = _entry("delivery.retried", job_id, delivery_id, requester, ports)
    again = ports.outbox.again(delivery_id, now=ports.clock(), audit=entry)
    if again is None:
        raise WrongStatus(f"The delivery is {seen.delivery.state}; only one that failed can be sent again.")
    return SeenDelivery(delivery=again, link=seen.link)


def revoke_link(job_id: UUID, delivery_id: UUID, requester: Requester, *, ports: ExportPorts) -> SeenDelivery:
    """Close the link of a delivery for good.

    Raises:
        UnknownExportJob, UnknownDelivery: there is none, or it is somebody else's.
        WrongStatus: no link was sent yet, or it is closed.
    """
    _found(job_id, delivery_id, requester, ports)
    entry = _entry("link.revoked", job_id, delivery_id, requester, ports)
    if not ports.links.revoke(delivery_id, entry):
        raise WrongStatus("The delivery has no open link.")
    return _found(job_id, delivery_id, requester, ports)


def _found(job_id: UUID, delivery_id: UUID, requester: Requester, ports: ExportPorts) -> SeenDelivery:
    seen = read_deliveries(job_id, requester, ports=ports)
    found = next((each for each in seen if each.delivery.id == delivery_id), None)
    if found is None:
        raise UnknownDelivery
    return found


def _entry(action: str, job_id: UUID, delivery_id: UUID, requester: Requester, ports: ExportPorts) -> AuditEntry:
    details = {"delivery": str(delivery_id)}
    return AuditEntry(at=ports.clock(), actor=requester.user_id, action=action, job_id=job_id, details=details)
