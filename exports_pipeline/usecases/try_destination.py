"""Try a destination out, step by step."""

from collections.abc import Iterator
from time import monotonic
from uuid import UUID

from exports_pipeline.core.destination import Destination, Step
from exports_pipeline.core.errors import DeliveryRefused, ExportError
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.find_target import find_target
from exports_pipeline.usecases.save_destination import destination_to_change


def try_destination(destination_id: UUID, requester: Requester, *, ports: ExportPorts) -> list[Step]:
    """The steps of reaching a destination, as far as they went; only the last one may have failed.

    Raises:
        UnknownDestination: it is not among the requester's.
    """
    destination = destination_to_change(destination_id, requester, ports=ports)
    steps = list(_steps(destination, ports))
    details = {"destination": str(destination.id), "ok": steps[-1].ok, "step": steps[-1].name}
    ports.audit.record(
        AuditEntry(at=ports.clock(), actor=requester.user_id, action="destination.tried", details=details)
    )
    return steps


def _steps(destination: Destination, ports: ExportPorts) -> Iterator[Step]:
    name, began_at = "prepare", monotonic()
    try:
        for next_name in _trial(destination, ports):
            yield Step(name=name, ok=True, seconds=monotonic() - began_at)
            name, began_at = next_name, monotonic()
    except ExportError as error:
        yield Step(name=name, ok=False, seconds=monotonic() - began_at, sentence=error.sentence)
    else:
        yield Step(name=name, ok=True, seconds=monotonic() - began_at)


def _trial(destination: Destination, ports: ExportPorts) -> Iterator[str]:
    sender = ports.senders.get(destination.channel)
    if sender is None:
        raise DeliveryRefused(f"The channel {destination.channel} is not set up here.")
    recipient = Recipient(channel=destination.channel, destination_id=destination.id)
    yield from sender.trial(find_target(recipient, ports=ports))
