"""Check recipients before anything is made for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from exports_pipeline.core.destination_forms import check_address
from exports_pipeline.core.errors import TargetForbidden
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel, Recipient, person
from exports_pipeline.core.refusals import InvalidDestination, UnknownChannel, UnknownDestination
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.sharing import is_shared

BY_ADDRESS = frozenset({Channel.EMAIL, Channel.SLACK, Channel.TELEGRAM, Channel.WEBHOOK})
"""Channels whose addresses may be typed; the others need secrets, which only a saved destination has."""
_PEOPLE = frozenset({Channel.EMAIL, Channel.TELEGRAM})
_ME = "me"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A recipient as a request spells it; either address or destination is set."""

    channel: str
    address: str | None = None
    destination_id: str | None = None


def check_recipients(wishes: Sequence[Wish], requester: Requester, *, ports: ExportPorts) -> tuple[Recipient, ...]:
    """The recipients of a request, each once; `me` is the requester.

    Raises:
        UnknownChannel: this deployment does not have one of the channels.
        UnknownDestination: a destination is neither the requester's nor shared with them.
        InvalidDestination: an address is not spelled as its channel spells addresses, only a saved destination will
            do, or nobody has the id that it is.
        TargetForbidden: a domain may not receive mail.
    """
    found = (_recipient(wish, f"recipients.{place}", requester, ports) for place, wish in enumerate(wishes))
    return tuple(dict.fromkeys(found))


def _recipient(wish: Wish, place: str, requester: Requester, ports: ExportPorts) -> Recipient:
    if wish.channel not in ports.senders:
        known = ", ".join(sorted(ports.senders)) or "none"
        sentence = f"There is no channel {wish.channel[:40]!r} here; those set up: {known}."
        raise UnknownChannel(sentence, field=f"{place}.channel")
    channel = Channel(wish.channel)
    if wish.address is None:
        destination_id = _owned(wish.destination_id or "", channel, f"{place}.destination_id", requester, ports)
        return Recipient(channel=channel, destination_id=destination_id)
    field = f"{place}.address"
    if channel not in BY_ADDRESS:
        raise InvalidDestination(f"{channel} needs a saved destination; give its destination_id.", field=field)
    if channel in ports.limits.keyless:
        raise InvalidDestination(
            f"This deployment has no key of its own for {channel}; save a destination with one, and give its "
            "destination_id.",
            field=field,
        )
    address = str(requester.user_id) if wish.address == _ME else wish.address
    recipient = Recipient(channel=channel, address=address)
    user_id = person(recipient) if channel in _PEOPLE else None
    if user_id is None:
        check_address(channel, address, field=field)
        check_domains(channel, address, ports.limits, field=field)
    elif user_id != requester.user_id and not ports.users.is_active(user_id):
        raise InvalidDestination("There is no user of this id here, or they were deactivated.", field=field)
    return recipient


def check_domains(channel: Channel, address: str, limits: Limits, *, field: str) -> None:
    """Refuse mail to a domain that is not on the deployment's list.

    Raises:
        TargetForbidden: it is not.
    """
    if channel is not Channel.EMAIL or limits.mail_domains is None:
        return
    for mailbox in address.split(","):
        domain = mailbox.strip().rpartition("@")[2].lower()
        if not {domain, _in_ascii(domain)} & limits.mail_domains:
            known = ", ".join(sorted(limits.mail_domains))
            raise TargetForbidden(f"Mail may not go to {domain[:100]}; allowed domains: {known}.", field=field)


def _in_ascii(domain: str) -> str:
    """A domain as DNS spells it, or as it is where it cannot exist; the channel refuses that one later."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _owned(given: str, channel: Channel, field: str, requester: Requester, ports: ExportPorts) -> UUID:
    try:
        destination = ports.destinations.find(UUID(given))
    except ValueError:
        destination = None
    is_theirs = destination is not None and destination.user_id == requester.user_id
    if destination is None or not (is_theirs or is_shared(destination.shared_with, requester)):
        raise UnknownDestination(field=field)
    if destination.channel is not channel:
        raise InvalidDestination(f"This destination is reached by {destination.channel}.", field=field)
    return destination.id
