"""Verify the audit log: walk its chain, check the signed heads, and name what is wrong."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from exports_pipeline.core.audit_chain import AuditChain, ChainReader, ChainWalk, Finding, Flaw
from exports_pipeline.core.audit_head import HEAD_VERSION, HeadStore, digest_of, number_and_time

MOST_FINDINGS = 1_000
"""So many are named; all of them are counted."""
IsSigned = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, kw_only=True)
class AuditVerdict:
    """What a verification found."""

    first: int
    last: int
    """The places of the chain that were checked."""
    entries: int
    erased: int
    """Entries whose personal part was erased, as entries say."""
    expired: int
    """Seals whose entries were dropped with their months."""
    dropped: int
    """Entries of all months that were dropped."""
    pending: int
    """Entries that wait for their seal."""
    heads: int
    newest_head_at: datetime | None
    found: int
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.found == 0


class _Findings:
    """The first of all findings, and their number."""

    def __init__(self) -> None:
        self.named: list[Finding] = []
        self.count = 0

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self.named) < MOST_FINDINGS:
            self.named.append(finding)


def verify_audit(
    chain: AuditChain,
    heads: HeadStore,
    *,
    is_signed: IsSigned,
    since: datetime | None = None,
    until: datetime | None = None,
    tick: Callable[[int], None] = lambda _entries: None,
) -> AuditVerdict:
    """Check all entries in `[since, until)`, or all there are, against their seals, and the seals against the heads.

    `tick` hears every so often how many entries were checked.

    Raises:
        LedgerUnavailable, ObjectStoreUnavailable, ObjectStoreMisconfigured.
    """
    # The heads first: what is sealed after they were read is no concern of theirs, and cannot be missing.
    documents = _documents(heads, since, until)
    found = _Findings()
    with chain.reading() as log:
        anchor = log.anchor()
        first, last = log.bounds(since, until)
        first = max(first, anchor.sequence + 1)
        before = anchor.hash if first == anchor.sequence + 1 else log.hashes([first - 1]).get(first - 1, b"")
        walk = ChainWalk(sequence=first - 1, previous_hash=before, expired_us=anchor.expired_us, tell=found.add)
        for rows in log.sealed(first, last):
            walk.take(rows)
            tick(walk.entries)
        found.named[:] = [_placed(each, log) for each in found.named]
        _check_strays(log, since, until, found)
        for month in log.drops_unnoted():
            sentence = f"The log was dropped up to {month:%Y-%m}, and no entry says so."
            found.add(Finding(flaw=Flaw.DROP_UNNOTED, sentence=sentence))
        whole_until = None if until is None else last
        _check_heads(documents, log, anchor.sequence, whole_until, is_signed, found)
        pending = log.pending()
    times = [signed_at for _, signed_at, _ in documents]
    return AuditVerdict(
        first=first,
        last=last,
        entries=walk.entries,
        erased=walk.erased,
        expired=walk.expired,
        dropped=anchor.entries,
        pending=pending,
        heads=len(documents),
        newest_head_at=max(times, default=None),
        found=found.count,
        findings=tuple(found.named),
    )


def _placed(finding: Finding, log: ChainReader) -> Finding:
    """A seal that is right but stands elsewhere than it was made was moved, not altered."""
    if finding.flaw is not Flaw.SEAL_ALTERED or finding.entry_id is None or finding.sequence is None:
        return finding
    (rows,) = log.sealed(finding.sequence, finding.sequence)
    (row,) = rows
    anchor = log.anchor()
    place = anchor.sequence if row.previous_hash == anchor.hash else log.place_of(row.previous_hash)
    if place is None or place + 1 == row.sequence:
        return finding
    sentence = f"Entry {row.entry_id} stands at place {row.sequence} of the chain, not after what it was sealed after."
    return replace(finding, flaw=Flaw.REORDERED, sentence=sentence)


def _check_strays(log: ChainReader, since: datetime | None, until: datetime | None, found: _Findings) -> None:
    for stray in log.strays(since, until, limit=MOST_FINDINGS):
        sentence = (
            f"Entry {stray.entry_id}, {stray.action} at {stray.at.isoformat()}, was never sealed and waits for none."
        )
        found.add(Finding(flaw=Flaw.INSERTED, entry_id=stray.entry_id, sentence=sentence))
    for entry_id, at in log.lost(since, until, limit=MOST_FINDINGS):
        sentence = f"Entry {entry_id}, of {at.isoformat()}, was gone before it was sealed."
        found.add(Finding(flaw=Flaw.REMOVED_UNSEALED, entry_id=entry_id, sentence=sentence))


def _documents(
    heads: HeadStore, since: datetime | None, until: datetime | None
) -> list[tuple[int, datetime, Mapping[str, Any]]]:
    """Numbers, times and contents of the heads signed in the range, oldest first; unreadable ones are empty."""
    found = []
    for key in sorted(heads.all_keys()):
        named = number_and_time(key)
        if named and (since is None or named[1] >= since) and (until is None or named[1] < until):
            found.append((*named, _read(heads.read(key))))
    return found


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, Mapping) else {}


def _check_heads(
    documents: Sequence[tuple[int, datetime, Mapping[str, Any]]],
    log: ChainReader,
    anchored: int,
    last: int | None,
    is_signed: IsSigned,
    found: _Findings,
) -> None:
    """Each head is signed, follows from the one before, and names a hash that stands in the chain."""
    sound = []
    before: tuple[int, Mapping[str, Any]] | None = None
    for number, _, head in documents:
        if head.get("head") != HEAD_VERSION or head.get("number") != number or not is_signed(head):
            sentence = f"The head {number} is not signed by a key of ours, or not whole."
            found.add(Finding(flaw=Flaw.HEAD_FORGED, sentence=sentence))
            before = None
            continue
        if before and (number != before[0] + 1 or head["previous"] != digest_of(before[1])):
            sentence = f"Between the heads {before[0]} and {number} one is missing or was exchanged."
            found.add(Finding(flaw=Flaw.HEAD_REMOVED, sentence=sentence))
        before = (number, head)
        sound.append((int(head["sequence"]), str(head["hash"]), str(head["signed_at"])))
    hashes = log.hashes([sequence for sequence, _, _ in sound])
    end = log.bounds(None, None)[1] if last is None else None
    agreed = anchored
    for sequence, seal_hash, signed_at in sound:
        if sequence <= anchored:
            continue
        if sequence in hashes and hashes[sequence].hex() == seal_hash:
            agreed = max(agreed, sequence)
        elif end is not None and sequence > end:
            sentence = f"The chain ends at place {end}; the head of {signed_at} has seen {sequence} of them."
            found.add(Finding(flaw=Flaw.TAIL_REMOVED, sequence=end + 1, sentence=sentence))
        elif sequence in hashes:
            sentence = (
                f"Seals after place {agreed} and up to {sequence} were made anew: "
                f"the head of {signed_at} has seen another chain."
            )
            found.add(Finding(flaw=Flaw.REWRITTEN, sequence=agreed + 1, sentence=sentence))
