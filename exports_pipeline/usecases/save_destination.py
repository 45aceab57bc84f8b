"""Save, change and forget destinations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from exports_pipeline.core.audit_changes import destination_as_told
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.destination_forms import check_filled_in
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import TRANSFERS, Channel
from exports_pipeline.core.refusals import InvalidDestination, NotAllowed, UnknownChannel, UnknownDestination
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.sharing import is_shared, shared_with
from exports_pipeline.usecases.check_recipients import check_domains

_SERVER = ("port", "host_key", "tls")
"""The options that, with the address, say which server gets the secrets, and how safely."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A destination as a request describes it."""

    name: str
    channel: str
    address: str
    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def save_destination(
    draft: Draft, requester: Requester, *, ports: ExportPorts, share_with: Sequence[UUID] = ()
) -> Destination:
    """Save a new destination of the requester, its secrets encrypted, shared with checked teams of theirs.

    Raises:
        UnknownChannel, InvalidDestination, TargetForbidden: it describes no place that could be reached.
        NameTaken: the requester has another one of this name.
    """
    channel = _channel(draft.channel, ports)
    _check(channel, draft, ports)
    now = ports.clock()
    destination = Destination(
        id=uuid4(),
        user_id=requester.user_id,
        name=draft.name,
        channel=channel,
        address=draft.address,
        options=dict(draft.options),
        secret_names=tuple(sorted(draft.secrets)),
        created_at=now,
        updated_at=now,
        shared_with=tuple(share_with),
    )
    ports.users.seen(requester, at=now)
    ports.destinations.add(destination, _sealed(draft.secrets, ports), _entry("saved", destination, requester, ports))
    return destination


def change_destination(
    destination_id: UUID, changes: Mapping[str, Any], requester: Requester, *, ports: ExportPorts
) -> Destination:
    """Change name, address, options or secrets; a secret that is not named stays, one that is null is forgotten.

    Raises:
        UnknownDestination: it is not among the requester's.
        InvalidDestination: another server would be told the secrets of the one before.
        otherwise as `save_destination`.
    """
    found = destination_to_change(destination_id, requester, ports=ports)
    given = dict(changes.get("secrets") or {})
    kept = set(found.secret_names) - set(given)
    if kept and _is_elsewhere(found, changes):
        listed = ", ".join(sorted(kept))
        raise InvalidDestination(
            f"This is another server: give {listed} again, or null; what was saved for one is not sent to another.",
            field="secrets",
        )
    secrets = (secrets_of(found, ports) if kept else {}) | given
    secrets = {name: value for name, value in secrets.items() if value is not None}
    draft = Draft(
        name=changes.get("name", found.name),
        channel=found.channel,
        address=changes.get("address", found.address),
        options=changes.get("options", found.options),
        secrets=secrets,
    )
    _check(found.channel, draft, ports)
    changed = replace(
        found,
        name=draft.name,
        address=draft.address,
        options=dict(draft.options),
        secret_names=tuple(sorted(secrets)),
        updated_at=ports.clock(),
    )
    ports.destinations.change(
        changed,
        _sealed(secrets, ports),
        _entry("changed", changed, requester, ports, before=found, secrets=changes.get("secrets", {})),
    )
    return changed


def forget_destination(destination_id: UUID, requester: Requester, *, ports: ExportPorts) -> None:
    """Delete a destination and its secrets; what is on its way there fails, and its owner hears of it.

    Raises:
        UnknownDestination: it is not among the requester's.
    """
    found = destination_to_change(destination_id, requester, ports=ports)
    ports.destinations.delete(found.id, _entry("deleted", found, requester, ports))


def read_destination(destination_id: UUID, requester: Requester, *, ports: ExportPorts) -> Destination:
    """A destination of the requester or shared with them, or of anybody for those who manage destinations.

    Raises:
        UnknownDestination: there is none, or it is somebody else's.
    """
    found = ports.destinations.find(destination_id)
    if found is None or not (may_change(requester, found) or is_shared(found.shared_with, requester)):
        raise UnknownDestination
    return found


def destination_to_change(destination_id: UUID, requester: Requester, *, ports: ExportPorts) -> Destination:
    """A destination that the requester may change.

    Raises:
        UnknownDestination: there is none, or it is somebody else's.
        NotAllowed: it is only shared with them.
    """
    found = read_destination(destination_id, requester, ports=ports)
    if not may_change(requester, found):
        raise NotAllowed("This destination is shared with you: you may send there, no more.")
    return found


def may_change(requester: Requester, destination: Destination) -> bool:
    """Whether a destination is the requester's, or they manage destinations."""
    return destination.user_id == requester.user_id or requester.manages_destinations


def list_destinations(
    requester: Requester, *, ports: ExportPorts, user_id: UUID | None = None, is_shared: bool = False
) -> list[Destination]:
    """The requester's destinations by name, or those shared with them, or those of a user for those who manage them.

    Raises:
        NotAllowed: the requester does not manage destinations, and asks for those of somebody else.
    """
    if is_shared:
        return ports.destinations.shared(shared_with(requester))
    if user_id not in {None, requester.user_id} and not requester.manages_destinations:
        raise NotAllowed("Only those who manage destinations see those of others; leave `user` out.")
    return ports.destinations.of_user(user_id or requester.user_id)


def secrets_of(destination: Destination, ports: ExportPorts) -> dict[str, str]:
    """The secrets of a destination, for whoever connects to it.

    Raises:
        NotConfigured: they were encrypted with a key that is no longer set.
    """
    sealed = ports.destinations.sealed(destination.id)
    secrets: dict[str, str] = json.loads(ports.vault.unseal(sealed)) if sealed else {}
    return secrets


def _channel(given: str, ports: ExportPorts) -> Channel:
    if given not in ports.senders:
        known = ", ".join(sorted(ports.senders)) or "none"
        raise UnknownChannel(f"There is no channel {given[:40]!r} here; those set up: {known}.", field="channel")
    return Channel(given)


def _check(channel: Channel, draft: Draft, ports: ExportPorts) -> None:
    check_filled_in(channel, draft.address, draft.options, draft.secrets)
    if channel in ports.limits.keyless and not draft.secrets:
        sentence = f"This deployment has no bot of its own for {channel}; give the token of yours."
        raise InvalidDestination(sentence, field="secrets.token")
    check_domains(channel, draft.address, ports.limits, field="address")


def _is_elsewhere(found: Destination, changes: Mapping[str, Any]) -> bool:
    """Whether a change leads a file server's password to another server, or over another way."""
    if found.channel not in TRANSFERS:
        return False
    options = changes.get("options", found.options)
    differs = any(options.get(name) != found.options.get(name) for name in _SERVER)
    return differs or changes.get("address", found.address) != found.address


def _sealed(secrets: Mapping[str, str], ports: ExportPorts) -> bytes | None:
    return ports.vault.seal(json.dumps(dict(secrets)).encode()) if secrets else None


def _entry(
    what: str,
    destination: Destination,
    requester: Requester,
    ports: ExportPorts,
    *,
    before: Destination | None = None,
    secrets: Iterable[str] = (),
) -> AuditEntry:
    """The entry of a change; of secrets it names those that were set anew or forgotten."""
    told, was = destination_as_told(destination), destination_as_told(before or destination)
    return AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        subject=requester.beside(destination.user_id),
        action=f"destination.{what}",
        entity_type="destination",
        entity_id=str(destination.id),
        before=None if what == "saved" else was if what == "deleted" else _other(was, told),
        after=None if what == "deleted" else told if what == "saved" else _other(told, was),
        details={"destination": str(destination.id), "name": destination.name, "channel": destination.channel.value}
        | ({"secrets_changed": sorted(secrets)} if secrets else {}),
    )


def _other(told: Mapping[str, Any], than: Mapping[str, Any]) -> dict[str, Any]:
    """The members that differ."""
    return {name: value for name, value in told.items() if value != than[name]}
