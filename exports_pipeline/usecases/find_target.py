"""Find out where a message to a recipient goes."""

from uuid import UUID

from exports_pipeline.core.errors import DeliveryRefused
from exports_pipeline.core.message import Target
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel, Recipient, person
from exports_pipeline.core.sharing import is_shared
from exports_pipeline.usecases.save_destination import secrets_of


def find_target(recipient: Recipient, *, ports: ExportPorts, sender: UUID | None = None) -> Target:
    """The target of a recipient: a saved destination with its secrets, a person of the system, or an address.

    `sender` is the user whose result is sent: a destination must still be theirs, or be shared with them.

    Raises:
        DeliveryRefused: the destination was deleted or is not shared any more, or the person cannot be reached by
            this channel.
        NotConfigured: the destination's secrets were sealed with a key that is no longer set.
    """
    if recipient.destination_id is not None:
        return _saved(recipient.destination_id, sender, ports)
    user_id = person(recipient)
    if user_id is None:
        return Target(channel=recipient.channel, address=recipient.address)
    address = _address_of(user_id, recipient.channel, ports)
    if address is None:
        raise DeliveryRefused(f"This person cannot be reached by {recipient.channel}, or was deactivated.")
    return Target(channel=recipient.channel, address=address)


def _saved(destination_id: UUID, sender: UUID | None, ports: ExportPorts) -> Target:
    destination = ports.destinations.find(destination_id)
    if destination is None:
        raise DeliveryRefused("The destination was deleted.")
    if sender not in {None, destination.user_id}:
        user = ports.users.requester(sender) if sender else None
        if user is None or not is_shared(destination.shared_with, user):
            raise DeliveryRefused("The destination is not shared any more with whoever this is sent for.")
    return Target(
        channel=destination.channel,
        address=destination.address,
        options=destination.options,
        secrets=secrets_of(destination, ports),
    )


def _address_of(user_id: UUID, channel: Channel, ports: ExportPorts) -> str | None:
    user = ports.users.requester(user_id)
    if user is None:
        return None
    if channel is Channel.EMAIL:
        return user.email
    return ports.users.telegram_chat(user_id) if channel is Channel.TELEGRAM else None
