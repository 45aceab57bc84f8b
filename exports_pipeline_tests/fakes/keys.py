"""API keys in memory."""

from dataclasses import replace
from datetime import timedelta


class InMemoryKeys:
    """`KeyStore` over a dictionary; `looks` counts how often somebody looked for a key."""

    def __init__(self, audit) -> None:
        self._audit, self.kept, self.digests, self.looks = audit, {}, {}, 0

    def add(self, key, digest, audit):
        if any(each.prefix == key.prefix for each in self.kept.values()):
            return False
        self.kept[key.id], self.digests[key.id] = key, digest
        self._audit.append(audit)
        return True

    def find(self, prefix):
        self.looks += 1
        found = next((each for each in self.kept.values() if each.prefix == prefix), None)
        return (found, self.digests[found.id]) if found else None

    def get(self, key_id):
        return self.kept.get(key_id)

    def of_user(self, user_id):
        found = [each for each in self.kept.values() if user_id is None or each.user_id == user_id]
        return sorted(found, key=lambda each: each.created_at, reverse=True)

    def revoke(self, key_id, audit):
        key = self.kept.get(key_id)
        if key is None or key.revoked_at:
            return None
        self._audit.append(audit)
        self.kept[key_id] = replace(key, revoked_at=audit.at)
        return self.kept[key_id]

    def used(self, uses):
        for key_id, at in uses.items():
            last = self.kept[key_id].last_used_at
            if last is None or last <= at - timedelta(minutes=1):
                self.kept[key_id] = replace(self.kept[key_id], last_used_at=at)
