"""The chain of the audit log in memory: every entry of the ledger is sealed as soon as it is there."""

from exports_pipeline.adapters.audit_log import row_of_entry
from exports_pipeline.core.audit_chain import BEGINNING, Anchor, ChainState, link
from exports_pipeline.core.audit_page import StoredEntry


class InMemoryChain:
    """`AuditChain` over the entries of a ledger in memory; `broken` is what its hashes are spoilt with."""

    def __init__(self, ledger) -> None:
        self._ledger = ledger
        self.broken, self.months, self.erased = b"", set(), []

    def seal(self):
        return 0

    def state(self):
        count = len(self._ledger.audit)
        last = self._ledger.audit[-1].at if count else None
        return ChainState(
            sequence=count, hash=self.hash_at(count), at=last, pending=0, oldest_pending_at=None, anchor=Anchor()
        )

    def hash_at(self, sequence):
        seal_hash = BEGINNING
        for place, entry in enumerate(self._ledger.audit[:sequence], 1):
            seal_hash = link(place, place, 0, repr(entry).encode() + self.broken, seal_hash)
        return seal_hash

    def page(self, wanted):
        action = wanted.action or "*"
        stored = [self._stored(place, entry) for place, entry in enumerate(self._ledger.audit, 1)]
        found = [
            each
            for each in sorted(stored, key=lambda each: (each.at, each.id), reverse=True)
            if wanted.actor in {None, each.actor}
            and wanted.outcome in {None, each.outcome}
            and wanted.entity_type in {None, each.entity_type}
            and (each.action == action or (action.endswith("*") and each.action.startswith(action[:-1])))
            and (wanted.since is None or each.at >= wanted.since)
            and (wanted.until is None or each.at < wanted.until)
            and (wanted.before is None or (each.at, each.id) < wanted.before)
        ]
        return found[: wanted.limit]

    def _stored(self, place, entry):
        hashes = {"previous_hash": self.hash_at(place - 1), "hash": self.hash_at(place)}
        return StoredEntry(id=place, is_erased=False, sequence=place, **hashes, **row_of_entry(entry))

    def make_months(self, months):
        missing = set(months) - self.months
        self.months |= missing
        return len(missing)

    def drop_month(self, month, *, now):
        before = len(self._ledger.audit)
        self._ledger.audit[:] = [each for each in self._ledger.audit if each.at.date().replace(day=1) > month]
        return before - len(self._ledger.audit)

    def oldest(self):
        return min((each.at for each in self._ledger.audit), default=None)

    def erase_person(self, person, *, by, now):
        self.erased.append((person, by, now))
        return sum(person in {each.actor, each.subject} for each in self._ledger.audit)


class InMemoryHeads:
    """`HeadStore` over a dictionary."""

    def __init__(self) -> None:
        self.kept = {}

    def put(self, key, body):
        self.kept[key] = body

    def all_keys(self):
        return iter(sorted(self.kept))

    def read(self, key):
        return self.kept[key]
