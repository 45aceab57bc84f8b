"""Send what lies in the outbox."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from exports_pipeline.core.delivery import Delivery, completed_message, next_try
from exports_pipeline.core.errors import DeliveryRefused, ExportError
from exports_pipeline.core.message import Target
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.patience import patiently
from exports_pipeline.usecases.read_exports import download_url

_LEASE = timedelta(minutes=2)
"""Longer than one message takes, and the wait for a database that goes away meanwhile."""
_AT_ONCE = 20


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How a round of deliveries went."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0


def deliver(ports: ExportPorts, *, job_id: UUID | None = None) -> Delivered:
    """Send the due deliveries of one job, or of all; a failure is noted on its row and raised nowhere.

    Each is reserved when its turn comes: the last of many would else outlive its lease, and be sent by others too.
    """
    counts = {"sent": 0, "postponed": 0, "failed": 0}
    for _ in range(_AT_ONCE):
        reserved = ports.outbox.reserve(job_id=job_id, now=ports.clock(), lease=_LEASE, limit=1)
        if not reserved:
            break
        counts[_deliver_one(reserved[0], ports)] += 1
    return Delivered(**counts)


def _deliver_one(delivery: Delivery, ports: ExportPorts) -> str:
    try:
        receipt = _send(delivery, ports)
    except ExportError as error:
        due_at = next_try(delivery.tries, error, ports.clock())
        if due_at is None:
            ports.outbox.failed(delivery.id, error, now=ports.clock())
            return "failed"
        ports.outbox.postponed(delivery.id, error, next_try_at=due_at)
        return "postponed"
    # What was acknowledged and is not noted would be sent again.
    patiently(lambda: ports.outbox.sent(delivery.id, receipt=receipt, now=ports.clock()), ports)
    return "sent"


def _send(delivery: Delivery, ports: ExportPorts) -> str:
    sender = ports.senders.get(delivery.recipient.channel)
    if sender is None:
        raise DeliveryRefused(f"The channel {delivery.recipient.channel} is not set up here.")
    job = ports.jobs.get(delivery.job_id)
    url = download_url(job, ports=ports) if job else None
    if job is None or url is None:
        raise DeliveryRefused("The file had expired before the message could be sent.")
    channel = delivery.recipient.channel
    with ports.spans.span(
        "delivery", parent=job.traceparent, job_id=str(job.id), channel=channel, tries=delivery.tries
    ):
        target = Target(channel=channel, address=delivery.recipient.address)
        return sender.send(target, completed_message(delivery, job, url, now=ports.clock()))
