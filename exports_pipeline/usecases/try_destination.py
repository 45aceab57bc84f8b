"""Try a destination or an address out, step by step."""

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any
from uuid import UUID

from exports_pipeline.core.destination import Step
from exports_pipeline.core.errors import DeliveryRefused, ExportError
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.check_recipients import Wish, check_recipients
from exports_pipeline.usecases.find_target import find_target
from exports_pipeline.usecases.save_destination import destination_to_change


def try_destination(destination_id: UUID, requester: Requester, *, ports: ExportPorts) -> list[Step]:
    """The steps of reaching a destination, as far as they went; only the last one may have failed.

    Raises:
        UnknownDestination: it is not among the requester's.
    """
    destination = destination_to_change(destination_id, requester, ports=ports)
    recipient = Recipient(channel=destination.channel, destination_id=destination.id)
    return _tried(recipient, requester, {"destination": str(destination.id)}, ports)


def try_recipient(wish: Wish, requester: Requester, *, ports: ExportPorts) -> list[Step]:
    """The steps of reaching somebody by address, as far as they went; nothing of a result is sent.

    Raises:
        UnknownChannel, InvalidDestination, TargetForbidden: nothing could be sent there.
    """
    [recipient] = check_recipients([wish], requester, ports=ports)
    return _tried(recipient, requester, {"channel": recipient.channel.value}, ports)


def _tried(recipient: Recipient, requester: Requester, told: Mapping[str, Any], ports: ExportPorts) -> list[Step]:
    steps = list(_steps(recipient, ports))
    details = {**told, "ok": steps[-1].ok, "step": steps[-1].name}
    ports.audit.record(
        AuditEntry(
            at=ports.clock(),
            actor=requester.user_id,
            action="destination.tried",
            entity_type="destination",
            entity_id=told.get("destination", ""),
            details=details,
        )
    )
    return steps


def _steps(recipient: Recipient, ports: ExportPorts) -> Iterator[Step]:
    name, began_at = "prepare", monotonic()
    try:
        for next_name in _trial(recipient, ports):
            yield Step(name=name, ok=True, seconds=monotonic() - began_at)
            name, began_at = next_name, monotonic()
    except ExportError as error:
        yield Step(name=name, ok=False, seconds=monotonic() - began_at, sentence=error.sentence)
    else:
        yield Step(name=name, ok=True, seconds=monotonic() - began_at)


def _trial(recipient: Recipient, ports: ExportPorts) -> Iterator[str]:
    sender = ports.senders.get(recipient.channel)
    if sender is None:
        raise DeliveryRefused(f"The channel {recipient.channel} is not set up here.")
    yield from sender.trial(find_target(recipient, ports=ports))
