"""The users and their teams in memory."""

from dataclasses import replace

from exports_pipeline.core.people import User
from exports_pipeline.core.requester import Claimed
from exports_pipeline.core.role import Roles, Standing


class InMemoryUsers:
    """`UserStore` over dictionaries."""

    def __init__(self, audit=()) -> None:
        self.people, self.chats, self.invitations, self.deactivated = {}, {}, {}, set()
        self.roles, self.assigned, self.created, self.seen_at = Roles(), {}, {}, {}
        self.members = {}
        """By team and user."""
        self._audit = audit

    def requester(self, user_id):
        if user_id in self.deactivated or user_id not in self.people:
            return None
        return self.roles.complete(self.people[user_id], self._standing(user_id))

    def standings(self, user_ids):
        return {each: self._standing(each) for each in user_ids if each in self.people}

    def find(self, user_id):
        person = self.people.get(user_id)
        return person and User(
            id=user_id,
            email=person.email,
            is_active=user_id not in self.deactivated,
            roles=self._standing(user_id).roles,
            created_at=self.created[user_id],
            seen_at=self.seen_at[user_id],
        )

    def page(self, search, *, limit, before=None):
        holding = (
            each
            for each in self.people.values()
            if search.lower() in (each.email or "").lower() or search.lower() in each.owner_key.lower()
        )
        found = sorted((self.find(each.user_id) for each in holding), key=_age, reverse=True)
        return [each for each in found if before is None or _age(each) < before][:limit]

    def assign(self, user_id, roles, audit):
        if user_id not in self.people:
            return False
        self.assigned[user_id] = frozenset(roles)
        self._audit.append(audit)
        return True

    def _standing(self, user_id):
        teams = frozenset(team for team, member in self.members if member == user_id)
        roles = self.assigned.get(user_id, frozenset())
        return Standing(is_active=user_id not in self.deactivated, roles=roles, teams=teams)

    def requesters(self, user_ids):
        return {each: found for each in user_ids if (found := self.requester(each))}

    def is_active(self, user_id):
        return self.requester(user_id) is not None

    def seen(self, requester, *, at):
        known = self.people.get(requester.user_id)
        if known and requester.is_narrowed:
            return
        email = requester.email or (known.email if known else None)
        claimed = requester.claimed or Claimed(permissions=requester.whole.permissions, roles=frozenset())
        self.people[requester.user_id] = replace(requester, email=email, claimed=claimed, service=None, key_id=None)
        self.created.setdefault(requester.user_id, at)
        self.seen_at[requester.user_id] = at

    def set_active(self, user_id, *, is_active, at):
        if is_active:
            self.deactivated.discard(user_id)
        else:
            self.deactivated.add(user_id)
        return user_id in self.people

    def telegram_chat(self, user_id):
        return self.chats.get(user_id)

    def invite(self, user_id, code_hash, *, expires_at):
        self.invitations = {code: each for code, each in self.invitations.items() if each[0] != user_id}
        self.invitations[code_hash] = (user_id, expires_at)

    def accept(self, code_hash, chat, *, now):
        user_id, expires_at = self.invitations.get(code_hash, (None, now))
        if expires_at <= now:
            return None
        del self.invitations[code_hash]
        self.chats[user_id] = chat
        return user_id

    def unlink(self, user_id):
        return self.chats.pop(user_id, None) is not None

    def unlink_chat(self, chat):
        forgotten = [user_id for user_id, each in self.chats.items() if each == chat]
        for user_id in forgotten:
            del self.chats[user_id]
        return forgotten


def _age(user):
    return user.created_at, user.id
