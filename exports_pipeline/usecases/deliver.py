"""Send what lies in the outbox."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from exports_pipeline.core.delivery import MAX_TRIES_OF_OURS, Delivery, Kind, next_try
from exports_pipeline.core.errors import (
    DeliveryRefused,
    ExportError,
    InternalError,
    LostClaim,
    NotConfigured,
    RecipientGone,
)
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import MESSAGES, Channel
from exports_pipeline.usecases.compose import LEASE, compose
from exports_pipeline.usecases.find_target import find_target
from exports_pipeline.usecases.forget_chat import forget_chat
from exports_pipeline.usecases.notify import notify, reached
from exports_pipeline.usecases.patience import patiently

_SMALL_BYTES = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How a round of deliveries went."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    unforeseen: tuple[Exception, ...] = ()
    """Errors of ours; their deliveries are tried again like others."""


def deliver(
    ports: ExportPorts,
    *,
    job_id: UUID | None = None,
    channels: Collection[Channel] = frozenset(Channel),
    within: timedelta = timedelta(minutes=5),
) -> Delivered:
    """Send the due deliveries of one job, or of all; a failure is noted on its row and raised nowhere.

    Each is reserved when its turn comes: the last of many would else outlive its lease, and be sent by others too.
    None is begun when the time is over.
    """
    counts = {"sent": 0, "postponed": 0, "failed": 0}
    unforeseen: list[Exception] = []
    until = ports.clock() + within
    while ports.clock() <= until:
        now = ports.clock()
        reserved = ports.outbox.reserve(job_id=job_id, now=now, lease=LEASE, limit=1, channels=channels)
        if not reserved:
            break
        counts[_deliver_one(reserved[0], unforeseen, ports)] += 1
    return Delivered(**counts, unforeseen=tuple(unforeseen))


def deliver_result(job_id: UUID, *, ports: ExportPorts) -> Delivered:
    """Send what a job that has just ended owes its recipients, but for a large file over a slow line."""
    job = ports.jobs.get(job_id)
    is_small = job is not None and job.result is not None and job.result.size_bytes <= _SMALL_BYTES
    return deliver(ports, job_id=job_id, channels=frozenset(Channel) if is_small else MESSAGES)


def _deliver_one(delivery: Delivery, unforeseen: list[Exception], ports: ExportPorts) -> str:
    try:
        receipt = _send(delivery, ports)
    except LostClaim:
        return "postponed"
    except ExportError as error:
        return _settle_failure(delivery, error, ports)
    except Exception as error:  # noqa: BLE001 - what breaks on one delivery must not keep the others from being sent
        unforeseen.append(error)
        return _settle_failure(delivery, InternalError(), ports)
    # What was acknowledged and is not noted would be sent again.
    patiently(lambda: ports.outbox.sent(delivery, receipt=receipt, now=ports.clock()), ports)
    return "sent"


def _send(delivery: Delivery, ports: ExportPorts) -> str:
    channel = delivery.recipient.channel
    sender = ports.senders.get(channel)
    if delivery.tries > MAX_TRIES_OF_OURS:
        raise DeliveryRefused("Every try to send this came to no end; tell the operators.")
    if sender is None:
        raise NotConfigured(f"The channel {channel} is not set up here; the operator must look at the environment.")
    job = ports.jobs.get(delivery.job_id) if delivery.job_id else None
    facts = {"job_id": str(delivery.job_id), "channel": channel.value, "tries": delivery.tries}
    with ports.spans.span("delivery", parent=job.traceparent if job else None, **facts):
        target = find_target(delivery.recipient, ports=ports, sender=job.requester.user_id if job else None)
        try:
            return sender.send(target, compose(delivery, job, ports=ports))
        except RecipientGone:
            if channel is Channel.TELEGRAM:
                forget_chat(target.address, ports=ports)
            raise


def _settle_failure(delivery: Delivery, error: ExportError, ports: ExportPorts) -> str:
    now = ports.clock()
    due_at = next_try(delivery, error, now)
    if due_at is not None:
        ports.outbox.postponed(delivery, error, next_try_at=due_at)
        return "postponed"
    if not ports.outbox.renew(delivery, until=now + LEASE):
        return "postponed"  # a later try has begun, and nobody knows yet how that ends
    _give_up(delivery, error, ports)
    return "failed"


def _give_up(delivery: Delivery, error: ExportError, ports: ExportPorts) -> None:
    """Settle a delivery as failed; the owner of a result hears of it once, on another channel, else the operators."""
    channel = delivery.recipient.channel
    job = ports.jobs.get(delivery.job_id) if delivery.job_id else None
    if job is not None and delivery.kind is Kind.RESULT:
        about = {
            "title": job.dataset_title or job.dataset,
            "job_id": str(job.id),
            "channel": channel.value,
            "reason": error.sentence,
            "tries": delivery.tries,
        }
        notify(
            job.requester.user_id,
            Kind.DELIVERY_FAILED,
            about,
            occasion=f"delivery:{delivery.id}",
            ports=ports,
            job_id=job.id,
            operators=reached(job.requester.user_id, ports=ports, other_than=channel) is None,
            other_than=channel,
        )
    ports.outbox.failed(delivery, error, now=ports.clock())
