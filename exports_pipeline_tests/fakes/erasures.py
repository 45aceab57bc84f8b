"""Erasures and archives in memory, for whoever does not look into what they hold."""

from dataclasses import replace
from uuid import uuid4

from exports_pipeline.core.erasure import Erasure, erased_owner_key


class InMemoryErasures:
    """`ErasureStore` that knows users and nothing else of theirs."""

    def __init__(self, ledger) -> None:
        self._ledger, self.erasures = ledger, {}

    def begin(self, user_id, asked_by, *, now):
        person = self._ledger.users.people.get(user_id)
        if person is None:
            return None
        last = next((each for each in reversed(self.erasures.values()) if each.user_id == user_id), None)
        is_still_erased = person.owner_key == erased_owner_key(user_id)
        if last is not None and (last.certified_at is None or is_still_erased):
            return last
        self._ledger.users.deactivated.add(user_id)
        begun = Erasure(id=uuid4(), user_id=user_id, asked_by=asked_by, began_at=now)
        return self._put(begun)

    def count(self, erasure_id, name, number):
        known = self.erasures[erasure_id]
        self._put(replace(known, counts={name: number, **known.counts}))

    def erase_rows(self, erasure, *, now):
        known = self.erasures[erasure.id]
        if known.erased_at is not None:
            return known
        users = self._ledger.users
        users.people[erasure.user_id] = replace(
            users.people[erasure.user_id], owner_key=erased_owner_key(erasure.user_id), email=None
        )
        users.chats.pop(erasure.user_id, None)
        return self._put(replace(known, counts={**known.counts, "users": 1}, erased_at=now))

    def certified(self, erasure_id, audit, *, now):
        known = self.erasures[erasure_id]
        if known.certified_at is None:
            self._ledger.record(audit)
        return self._put(replace(known, certified_at=known.certified_at or now))

    def _put(self, erasure):
        self.erasures[erasure.id] = erasure
        return erasure


class TinyArchive:
    """`PersonArchive` whose archives hold an id."""

    def __init__(self, ledger) -> None:
        self._ledger = ledger

    def pieces(self, user_id, *, now):
        return iter([b"PK", str(user_id).encode()]) if user_id in self._ledger.users.people else None
