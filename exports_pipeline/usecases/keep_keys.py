"""Make, list and revoke API keys."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from exports_pipeline.core.api_key import ALPHABET, SECRET_LENGTH, ApiKey, key_digest, key_text
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import InvalidKey, NotAllowed, UnknownKey
from exports_pipeline.core.requester import Permission, Requester

_DAYS = 90
MOST_KEYS = 100
"""Keys of one user that are valid at the same time."""


@dataclass(frozen=True, kw_only=True)
class KeyDraft:
    """A key as somebody wants it."""

    name: str
    scopes: frozenset[Permission] = frozenset({Permission.EXPORT})
    valid: timedelta | None = None
    """None: 90 days, or the longest time that the deployment allows."""
    user: str | None = None
    """Whose it is, by id or name, if not the requester's; for administrators."""
    owner_key: str | None = None
    """The owner key of a user who is not known yet; for administrators."""
    act_for: tuple[str, ...] = field(default=())
    """For whom it may act, which makes it the key of a service account; for administrators."""


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key that was made; nobody will see its text again."""

    key: ApiKey
    text: str = field(repr=False)


def create_key(draft: KeyDraft, requester: Requester, *, ports: ExportPorts) -> NewKey:
    """Make a key and keep its digest.

    Raises:
        NotAllowed: the requester asks with a key, lacks a permission that the new one is to carry, or makes it for
            somebody else and is no administrator.
        InvalidKey: it would be valid for too long, or its user has too many.
    """
    _check_maker(draft, requester)
    longest = ports.limits.key_max_age
    valid = min(timedelta(days=_DAYS), longest) if draft.valid is None else draft.valid
    if not timedelta(0) < valid <= longest:
        raise InvalidKey(f"A key is valid for at most {longest.days} days.", field="days")
    owner = _user_of(draft, requester, ports)
    now = ports.clock()
    if sum(each.is_valid(now) for each in ports.keys.of_user(owner.user_id)) >= MOST_KEYS:
        raise InvalidKey(f"The user has {MOST_KEYS} keys, as many as one may; revoke some.")
    while True:
        key = ApiKey(
            id=uuid4(),
            user_id=owner.user_id,
            owner_key=owner.owner_key,
            name=draft.name,
            scopes=draft.scopes,
            act_for=draft.act_for,
            created_by=requester.user_id,
            created_at=now,
            expires_at=now + valid,
        )
        text = key_text(key.id, "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH)))
        if ports.keys.add(key, key_digest(text), _entry("created", key, requester, ports, after=_told(key))):
            return NewKey(key=key, text=text)


def list_keys(
    requester: Requester, *, ports: ExportPorts, of: UUID | None = None, all_users: bool = False
) -> list[ApiKey]:
    """The keys of the requester, or for administrators those of a user or of everybody; newest first.

    Raises:
        NotAllowed: keys of others are not theirs to see.
    """
    wanted = of or requester.user_id
    if (all_users or wanted != requester.user_id) and Permission.ADMIN not in requester.permissions:
        raise NotAllowed("Only administrators see the keys of others.")
    return ports.keys.of_user(None if all_users else wanted)


def revoke_key(key_id: UUID, requester: Requester, *, ports: ExportPorts) -> ApiKey:
    """End a key for good; nothing happens where it was revoked before. Whoever asks with a key may revoke that one.

    Raises:
        UnknownKey: there is none, or it is somebody else's.
        NotAllowed: the requester asks with another key.
    """
    found = ports.keys.get(key_id)
    is_admin = Permission.ADMIN in requester.permissions
    if found is None or (found.user_id != requester.user_id and not is_admin):
        raise UnknownKey(f"There is no API key {key_id} among yours.")
    if requester.is_narrowed and key_id != requester.key_id:
        raise NotAllowed("With a key one may revoke that key alone; use a token.")
    told = {"revoked": True}
    return ports.keys.revoke(key_id, _entry("revoked", found, requester, ports, after=told)) or found


def _check_maker(draft: KeyDraft, requester: Requester) -> None:
    if requester.is_narrowed:
        raise NotAllowed("A key cannot make keys: it would live on in them after it was revoked. Use a token.")
    is_admin = Permission.ADMIN in requester.permissions
    if not is_admin and (draft.user is not None or draft.owner_key is not None or draft.act_for):
        raise NotAllowed("Only administrators make keys for others, and for service accounts.")
    beyond = draft.scopes - requester.permissions
    if beyond:
        raise NotAllowed(f"You lack {', '.join(sorted(beyond))} yourself, so that no key of yours may carry it.")


def _user_of(draft: KeyDraft, requester: Requester, ports: ExportPorts) -> Requester:
    """Whose key it becomes, known from now on; a user who was known before stays as they are."""
    if draft.user is None or user_id(draft.user) == requester.user_id:
        ports.users.seen(requester, at=ports.clock())
        return requester
    known = ports.users.requester(user_id(draft.user))
    if known is not None and draft.owner_key in {None, known.owner_key}:
        return known
    if known is not None:
        raise InvalidKey(f"The owner key of this user is {known.owner_key}.", field="owner_key")
    new = Requester(
        user_id=user_id(draft.user),
        owner_key=draft.owner_key or draft.user,
        permissions=draft.scopes,
        service=requester.user_id,  # who speaks for them here: a user who is known, but kept out, stays as they are
    )
    ports.users.seen(new, at=ports.clock())
    return new


def _told(key: ApiKey) -> dict[str, Any]:
    """What the audit log keeps of a new key."""
    return {
        "name": key.name,
        "prefix": key.prefix,
        "user": str(key.user_id),
        "scopes": sorted(key.scopes),
        "act_for": list(key.act_for),
        "expires_at": key.expires_at.isoformat(),
    }


def _entry(what: str, key: ApiKey, requester: Requester, ports: ExportPorts, *, after: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        action=f"key.{what}",
        subject=requester.beside(key.user_id),
        entity_type="key",
        entity_id=str(key.id),
        after=after,
        details={"key": str(key.id), "name": key.name, "user": str(key.user_id)},
    )
