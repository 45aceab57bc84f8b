"""API keys: what programs send in place of a token."""

import hashlib
import re
import string
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.requester import Permission, Requester

PREFIX = "xk_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH = 32
OWNER = "owner:"
"""What begins an entry of `act_for` that is an owner key, not a user."""
_FORM = re.compile(r"(xk_[0-9a-f]{8})_([0-9A-Za-z]{32})_([0-9A-Za-z]{6})")
_CHECK_LENGTH = 6


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """An API key, without its secret: that was shown once."""

    id: UUID
    user_id: UUID
    """Who asks, when it is used."""
    owner_key: str
    """The owner key of that user when it was made."""
    name: str
    scopes: frozenset[Permission]
    """What it may allow at most."""
    act_for: tuple[str, ...] = ()
    """For whom a service account may act: names or ids of users, and owner keys as `owner:583`."""
    created_by: UUID
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def prefix(self) -> str:
        """What it begins with, by which people and the ledger know it."""
        return prefix_of(self.id)

    @property
    def is_of_service(self) -> bool:
        """Whether it belongs to a service account, whose rights are those of its key."""
        return bool(self.act_for)

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and now < self.expires_at

    def requester(self, user: Requester) -> Requester:
        """Who asks with it: never with a right that the user has not now, or the key had not when it was made.

        The grants of a service account are its key, which an administrator made; it has no token to be known by.
        """
        rights = self.scopes if self.is_of_service else self.scopes & user.permissions
        return replace(user, owner_key=self.owner_key, permissions=rights, key_id=self.id)


def prefix_of(key_id: UUID) -> str:
    """What the key of an id begins with."""
    return PREFIX + key_id.hex[:8]


def key_text(key_id: UUID, secret: str) -> str:
    """The key as its user gets it: prefix, 32 characters of chance (190 bits), and a check of all that."""
    body = f"{prefix_of(key_id)}_{secret}"
    return f"{body}_{_check(body)}"


def known_prefix(text: str) -> str | None:
    """The prefix of a key that is written as keys are; None where it is mistyped or cut off."""
    found = _FORM.fullmatch(text)
    if found is None or _check(f"{found[1]}_{found[2]}") != found[3]:
        return None
    return found[1]


def key_digest(text: str) -> bytes:
    """What is kept of a key, 32 bytes.

    Plain SHA-256: slow hashes protect what people choose, and nobody guesses 190 bits of chance.
    """
    return hashlib.sha256(text.encode()).digest()


def may_act_for(person: Requester, act_for: Iterable[str]) -> bool:
    """Whether a service account that may act for these may act for a person."""
    return any(
        each.removeprefix(OWNER) == person.owner_key if each.startswith(OWNER) else user_id(each) == person.user_id
        for each in act_for
    )


def acting_for(person: Requester, account: Requester) -> Requester:
    """The person, asked for by an account, with the rights that both of them have."""
    return replace(
        person,
        permissions=person.permissions & account.permissions,
        service=account.user_id,
        key_id=account.key_id,
    )


def _check(body: str) -> str:
    """CRC-32 in base 62: finds what was mistyped, and proves nothing."""
    left, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK_LENGTH):
        left, digit = divmod(left, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
