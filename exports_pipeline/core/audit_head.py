"""Signed heads of the audit log's chain: what it was at some moment, kept where the database's owner cannot reach."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from exports_pipeline.core.manifest import canonical

HEAD_VERSION = "exports-audit-head/1"
HEAD_PREFIX = "audit/heads/"
"""Outside of the prefix of exports, whose objects expire."""
_KEY = re.compile(re.escape(HEAD_PREFIX) + r"(\d{8})-(\d{8}T\d{6})Z\.json")


class HeadStore(Protocol):
    """Where signed heads are kept; nothing of ours changes or deletes one."""

    def put(self, key: str, body: bytes) -> None:
        """Write a head, under a lock where the store has such a thing.

        Raises:
            ObjectStoreUnavailable, ObjectStoreMisconfigured.
        """

    def all_keys(self) -> Iterator[str]:
        """The keys of all heads, oldest first."""

    def read(self, key: str) -> bytes:
        """The bytes of a head."""


def head_key(number: int, signed_at: datetime) -> str:
    """The key of a head; keys are in the order of their numbers."""
    return f"{HEAD_PREFIX}{number:08d}-{signed_at.astimezone(UTC):%Y%m%dT%H%M%S}Z.json"


def number_and_time(key: str) -> tuple[int, datetime] | None:
    """The number of a head, counted from 1, and when it was signed; None if this is no key of a head."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    return int(found[1]), datetime.strptime(found[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def new_head(
    *, number: int, sequence: int, seal_hash: bytes, signed_at: datetime, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A head, unsigned; it names the one before by its digest."""
    return {
        "head": HEAD_VERSION,
        "number": number,
        "sequence": sequence,
        "hash": seal_hash.hex(),
        "signed_at": signed_at.isoformat(),
        "previous": digest_of(before) if before else None,
    }


def digest_of(head: Mapping[str, Any]) -> str:
    """The digest of a head, without its signature."""
    return sha256(canonical(head)).hexdigest()
