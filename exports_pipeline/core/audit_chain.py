"""The chain of the audit log: seals over entries, each with the hash before it, and what may be wrong."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from struct import Struct
from typing import NamedTuple, Protocol
from uuid import UUID

from exports_pipeline.core.audit_page import AuditFilter, StoredEntry

VERSION = b"exports-audit/1"
BEGINNING = sha256(VERSION).digest()
"""The hash before that of the first seal."""
_BODY = Struct(">qqq")


class Flaw(StrEnum):
    """What may be wrong with an audit log."""

    EDITED = "edited"
    """An entry is not what was sealed."""
    PERSONAL_EDITED = "personal_edited"
    """Its personal part is not what was sealed, nor erased."""
    ERASED_UNNOTED = "erased_unnoted"
    """Its personal part is gone, and no entry says who had it erased."""
    REMOVED = "removed"
    """An entry is gone, or its seal, or both."""
    REMOVED_UNSEALED = "removed_unsealed"
    """An entry was gone before it was sealed."""
    INSERTED = "inserted"
    """An entry stands there that came by no way of ours."""
    REORDERED = "reordered"
    """A seal does not stand where it was made."""
    SEAL_ALTERED = "seal_altered"
    """A seal was changed."""
    REWRITTEN = "rewritten"
    """The chain agrees with itself, but not with the signed heads."""
    TAIL_REMOVED = "tail_removed"
    """The chain ends before what a signed head has seen."""
    HEAD_FORGED = "head_forged"
    """A head is not signed by a key of ours, or says what it must not."""
    HEAD_REMOVED = "head_removed"
    """A head is missing among the others."""
    DROP_UNNOTED = "drop_unnoted"
    """Months are gone, and no entry says so."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, and which entry it concerns."""

    flaw: Flaw
    sentence: str
    sequence: int | None = None
    """Its place in the chain, counted from 1; of several, the first."""
    entry_id: int | None = None


class SealedEntry(NamedTuple):
    """A seal and the entry it was made for, as both are stored; a tuple, for there are millions."""

    sequence: int
    entry_id: int
    at_us: int
    """Microseconds since 1970."""
    digest: bytes
    previous_hash: bytes
    hash: bytes
    entry: bytes | None
    """The canonical form of the entry; None where it is not there."""
    personal: bytes | None
    salt: bytes | None
    personal_digest: bytes | None
    is_erasure_noted: bool


def link(sequence: int, entry_id: int, at_us: int, digest: bytes, previous_hash: bytes) -> bytes:
    """The hash of a seal: SHA-256 over place, id, time and digest of the entry and the hash before."""
    return sha256(_BODY.pack(sequence, entry_id, at_us) + digest + previous_hash).digest()


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Where the chain begins: at its very beginning, or after the last month that was dropped."""

    sequence: int = 0
    hash: bytes = BEGINNING
    month: date | None = None
    expired_us: int = 0
    """Entries before this time may be missing, as their months were dropped; microseconds since 1970."""
    entries: int = 0
    """How many entries were dropped."""


@dataclass(frozen=True, kw_only=True)
class ChainState:
    """How far the chain is."""

    sequence: int
    """Of the last seal; 0 before the first."""
    hash: bytes
    at: datetime | None
    """When the entry of the last seal was written."""
    pending: int
    """Entries that have no seal yet."""
    oldest_pending_at: datetime | None
    anchor: Anchor


@dataclass(frozen=True, kw_only=True)
class Stray:
    """An entry without a seal that does not wait for one."""

    entry_id: int
    at: datetime
    action: str


class ChainReader(Protocol):
    """The whole log as it is at one moment."""

    def anchor(self) -> Anchor:
        """Where the chain begins."""

    def bounds(self, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """The first and the last place of entries in `[since, until)`; of none, the last lies before the first."""

    def hashes(self, sequences: Sequence[int]) -> Mapping[int, bytes]:
        """The hashes at these places, of those that are there."""

    def place_of(self, seal_hash: bytes) -> int | None:
        """Where the seal with this hash stands."""

    def sealed(self, first: int, last: int) -> Iterator[Sequence[SealedEntry]]:
        """Seals with their entries by place, some ten thousand at a time."""

    def strays(self, since: datetime | None, until: datetime | None, *, limit: int) -> Sequence[Stray]:
        """Entries without a seal that do not wait for one."""

    def lost(self, since: datetime | None, until: datetime | None, *, limit: int) -> Sequence[tuple[int, datetime]]:
        """Ids and times of entries that were gone before they were sealed."""

    def drops_unnoted(self) -> Sequence[date]:
        """Months that were dropped without an entry that says so."""

    def pending(self) -> int:
        """Entries that wait for a seal."""


class AuditChain(Protocol):
    """What makes a chain of the audit log, and looks after its months."""

    def seal(self) -> int:
        """Seal what is committed; how many entries were."""

    def state(self) -> ChainState:
        """How far the chain is."""

    def hash_at(self, sequence: int) -> bytes | None:
        """The hash at a place; None where there is no seal."""

    def reading(self) -> AbstractContextManager[ChainReader]:
        """The log as it is now."""

    def page(self, wanted: AuditFilter) -> list[StoredEntry]:
        """The entries that are wanted, newest first."""

    def make_months(self, months: Iterable[date]) -> int:
        """Make the months that are missing; how many were."""

    def drop_month(self, month: date, *, now: datetime) -> int:
        """Drop all entries before the end of a month; how many there were. The chain goes on from an anchor."""

    def oldest(self) -> datetime | None:
        """When the oldest entry was written."""

    def erase_person(self, person: UUID, *, by: UUID, now: datetime) -> int:
        """Blank the personal part of all entries of a person, and note it; how many entries there were."""


class ChainWalk:
    """Checks seals one after the other, from an anchor on; pure but for the findings it hands on."""

    def __init__(
        self, *, sequence: int, previous_hash: bytes, expired_us: int, tell: Callable[[Finding], None]
    ) -> None:
        self._sequence, self._hash, self._expired_us, self._tell = sequence, previous_hash, expired_us, tell
        self._is_suspect = False
        self.entries = self.erased = self.expired = 0

    def take(self, rows: Sequence[SealedEntry]) -> None:
        """Check the next seals, in the order of their places."""
        for row in rows:
            self._check_place(row)
            self._check_entry(row)
            self._sequence, self._hash = row.sequence, row.hash

    def _check_place(self, row: SealedEntry) -> None:
        expected, was_suspect = self._sequence + 1, self._is_suspect
        own = link(row.sequence, row.entry_id, row.at_us, row.digest, row.previous_hash)
        self._is_suspect = own != row.hash
        if row.sequence != expected:
            gone = (
                f"seal {expected} is" if row.sequence == expected + 1 else f"seals {expected} to {row.sequence - 1} are"
            )
            self._tell(Finding(flaw=Flaw.REMOVED, sequence=expected, sentence=f"The {gone} gone, with the entries."))
        elif row.previous_hash != self._hash and not was_suspect and not self._is_suspect:
            sentence = f"Seal {row.sequence} does not follow from seal {self._sequence}: that one was changed since."
            self._tell(Finding(flaw=Flaw.SEAL_ALTERED, sequence=self._sequence, sentence=sentence))
        if self._is_suspect:
            sentence = f"Seal {row.sequence}, of entry {row.entry_id}, is not what was sealed."
            self._tell(Finding(flaw=Flaw.SEAL_ALTERED, sequence=row.sequence, entry_id=row.entry_id, sentence=sentence))

    def _check_entry(self, row: SealedEntry) -> None:
        self.entries += 1
        if row.entry is None:
            if row.at_us < self._expired_us:
                self.expired += 1
            else:
                self._flaw(row, Flaw.REMOVED, "is gone")
        elif sha256(row.entry).digest() != row.digest:
            self._flaw(row, Flaw.EDITED, "is not what was sealed")
        elif row.salt is None:
            self.erased += 1
            if row.personal != b"[null, null, null]":
                self._flaw(row, Flaw.PERSONAL_EDITED, "has another personal part than was sealed")
            elif not row.is_erasure_noted:
                self._flaw(row, Flaw.ERASED_UNNOTED, "has lost its personal part, and no entry tells of an erasure")
        elif sha256(row.salt + (row.personal or b"")).digest() != row.personal_digest:
            self._flaw(row, Flaw.PERSONAL_EDITED, "has another personal part than was sealed")

    def _flaw(self, row: SealedEntry, flaw: Flaw, words: str) -> None:
        sentence = f"Entry {row.entry_id}, at place {row.sequence} of the chain, {words}."
        self._tell(Finding(flaw=flaw, sequence=row.sequence, entry_id=row.entry_id, sentence=sentence))
