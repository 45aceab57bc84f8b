"""The people of the system in memory."""


class InMemoryUsers:
    """`UserStore` over the requesters that the ledger has seen; `people` are those with the rights they have now."""

    def __init__(self, ledger) -> None:
        self._ledger = ledger
        self.chats, self.people, self.deactivated = ledger.chats, {}, set()

    def telegram_chat(self, user_id):
        return self._ledger.telegram_chat(user_id)

    def requester(self, user_id):
        self._ledger.get(None)  # away, if the ledger is
        return None if user_id in self.deactivated else self._known(user_id)

    def deactivate(self, user_id, audit):
        return self._mark(user_id, audit, self.deactivated.add)

    def activate(self, user_id, audit):
        return self._mark(user_id, audit, self.deactivated.discard)

    def _mark(self, user_id, audit, mark):
        if self._known(user_id) is None:
            return False
        mark(user_id)
        self._ledger.record(audit)
        return True

    def _known(self, user_id):
        if user_id in self.people:
            return self.people[user_id]
        jobs = reversed(self._ledger.jobs.values())
        return next((job.requester for job in jobs if job.requester.user_id == user_id), None)
