"""Compose the message of a delivery."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from typing import Any

from exports_pipeline.core.changes_file import CHANGES_TYPE, ChangesFile
from exports_pipeline.core.delivery import Delivery, Kind
from exports_pipeline.core.errors import DeliveryRefused, LostClaim
from exports_pipeline.core.export_job import ExportJob, StoredFile
from exports_pipeline.core.formats import content_type
from exports_pipeline.core.message import FileToSend, Message
from exports_pipeline.core.message_facts import facts_of_notice, facts_of_result
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed
from exports_pipeline.usecases.check_sharing import check_sharing

LINK_PATH = "/d/"
CHANGES_PATH = "/changes"
"""What follows a link to get at the rows that differ in place of the result."""
LEASE = timedelta(minutes=2)
"""Longer than a message takes, and the wait for a database that goes away meanwhile; a file renews it as it is read."""
_RENEWAL = LEASE / 4


def compose(delivery: Delivery, job: ExportJob | None, *, ports: ExportPorts) -> Message:
    """The message of a delivery; that of a result has a link of its own, and the files for channels that take files.

    Raises:
        DeliveryRefused: the file has expired, its link was revoked, or its owner may no longer see what is in it.
        LedgerUnavailable: the link could not be written.
    """
    if delivery.kind is not Kind.RESULT:
        zone = str(delivery.about.get("timezone", "UTC"))
        return _message(delivery, facts_of_notice(delivery), timezone=zone, ports=ports)
    now = ports.clock()
    if job is None or job.result is None or job.expires_at is None or job.is_expired(now):
        raise DeliveryRefused("The file had expired before the message could be sent.")
    try:
        check_sharing(job, ports=ports)  # a file that is attached or uploaded is asked for its rights no more
    except NotAllowed as error:
        raise DeliveryRefused(error.sentence) from error
    until = min(job.expires_at, now + ports.limits.link_valid)
    link = ports.links.make(delivery.id, job.id, now=now, expires_at=until)
    if link.revoked_at is not None:
        raise DeliveryRefused("The link of this delivery was revoked before the message could be sent.")
    url = f"{ports.public_url}{LINK_PATH}{ports.vault.token(link.id)}"
    facts = facts_of_result(
        job,
        job.result,
        url=url,
        changes_url=f"{url}{CHANGES_PATH}",
        url_expires_at=link.expires_at,
        at=delivery.created_at,
    )
    zone = job.schedule.timezone if job.schedule else job.options.timezone
    message = _message(delivery, facts, timezone=zone, ports=ports)
    changes = job.result.changes
    return replace(
        message,
        file=_file(delivery, job.result, content_type(job.format, job.options), ports),
        changes=_file(delivery, changes, CHANGES_TYPE, ports) if changes else None,
    )


def _message(delivery: Delivery, facts: dict[str, Any], *, timezone: str, ports: ExportPorts) -> Message:
    wording = ports.messages.render(delivery.kind, delivery.recipient.channel, facts["data"], timezone=timezone)
    return Message(id=delivery.id, **asdict(wording), facts=facts, at=delivery.created_at)


def _file(delivery: Delivery, stored: StoredFile | ChangesFile, kind: str, ports: ExportPorts) -> FileToSend:
    return FileToSend(
        name=stored.download_name,
        content_type=kind,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        chunks=partial(_chunks, delivery, stored.object_key, ports),
    )


def _chunks(delivery: Delivery, key: str, ports: ExportPorts) -> Iterator[bytes]:
    """A file, as the recipient takes it; nobody else sends it for as long as that goes on."""
    renewed_at = ports.clock()
    for chunk in ports.objects.chunks(key):
        if (now := ports.clock()) >= renewed_at + _RENEWAL:
            if not ports.outbox.renew(delivery, until=now + LEASE):
                raise LostClaim("Another try has begun to send this file.")
            renewed_at = now
        yield chunk
