"""The users in memory."""

from dataclasses import replace


class InMemoryUsers:
    """`UserStore` over dictionaries."""

    def __init__(self) -> None:
        self.people, self.chats, self.invitations, self.deactivated = {}, {}, {}, set()

    def requester(self, user_id):
        return None if user_id in self.deactivated else self.people.get(user_id)

    def requesters(self, user_ids):
        return {each: found for each in user_ids if (found := self.requester(each))}

    def seen(self, requester, *, at):
        known = self.people.get(requester.user_id)
        email = requester.email or (known.email if known else None)
        self.people[requester.user_id] = replace(requester.standing, email=email)

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
