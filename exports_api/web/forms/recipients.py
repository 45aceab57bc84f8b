"""Who gets a result: the ways that a form offers, and what was filled in as a request has it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from exports_api.web import words
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.check_recipients import BY_ADDRESS
from exports_pipeline.usecases.save_destination import list_destinations

_HELP = {
    Channel.EMAIL: "Addresses, one a line.",
    Channel.SLACK: "Channels or people by their Slack id, one a line, as C0123456789.",
    Channel.TELEGRAM: "Chats by their number, one a line. Your own linked chat hears of it anyway.",
    Channel.WEBHOOK: "Web addresses that take a message, one a line.",
}
_DESTINATION = "destination"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A channel whose addresses are typed."""

    field: str
    title: str
    help: str


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Everything that a form offers."""

    destinations: Sequence[Destination] = ()
    by_address: Sequence[Way] = field(default_factory=tuple)

    def __bool__(self) -> bool:
        return bool(self.destinations or self.by_address)


def ways_of(requester: Requester, ports: ExportPorts) -> Ways:
    """The ways to reach somebody in this deployment, with the saved destinations that the requester may use."""
    saved = list_destinations(requester, ports=ports) + list_destinations(requester, ports=ports, is_shared=True)
    typed = (each for each in _HELP if each in BY_ADDRESS and each in ports.senders)
    return Ways(
        destinations=tuple({each.id: each for each in saved if each.channel in ports.senders}.values()),
        by_address=tuple(
            Way(field=f"to_{each}", title=words.channel(each), help=_HELP[each])
            for each in typed
            if each not in ports.limits.keyless
        ),
    )


def recipients_in(form: FormData) -> list[dict[str, str]]:
    """The recipients that were chosen and typed, as the body of a request names them."""
    found = []
    for chosen in form.getlist(_DESTINATION):
        channel, _, destination_id = str(chosen).partition(":")
        found.append({"channel": channel, "destination_id": destination_id})
    for channel in _HELP:
        lines = str(form.get(f"to_{channel}") or "").splitlines()
        found += [{"channel": str(channel), "address": line.strip()} for line in lines if line.strip()]
    return found
