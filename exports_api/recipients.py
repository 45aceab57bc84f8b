"""Recipients of one export, checked against the channels there are."""

from collections.abc import Collection, Sequence

from exports_api.errors import UnknownChannel
from exports_api.schemas.export_request import RecipientBody
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import UnknownDestination


def recipients_of(given: Sequence[RecipientBody] | None, channels: Collection[str]) -> tuple[Recipient, ...]:
    """The recipients that a request names.

    Raises:
        UnknownChannel: one of them would be reached by a channel this deployment does not have.
        UnknownDestination: one of them names a saved destination that does not exist.
    """
    recipients = []
    for place, each in enumerate(given or ()):
        if each.channel not in channels:
            known = ", ".join(sorted(channels)) or "none"
            sentence = f"There is no channel {each.channel[:40]!r} here; those set up: {known}."
            raise UnknownChannel(sentence, field=f"recipients.{place}.channel")
        if each.address is None:
            raise UnknownDestination(field=f"recipients.{place}.destination_id")
        recipients.append(Recipient(channel=Channel(each.channel), address=each.address))
    return tuple(recipients)
