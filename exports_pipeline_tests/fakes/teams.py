"""The teams in memory."""

from dataclasses import replace

from exports_pipeline.core.refusals import NameTaken


class InMemoryTeams:
    """`TeamStore` over a dictionary, beside the users who are members."""

    def __init__(self, ledger) -> None:
        self._ledger, self._users, self.teams = ledger, ledger.users, {}
        self.shelves = [ledger.jobs]
        """What may be shared, by id."""

    def add(self, team, audit):
        if any(each.name == team.name for each in self.teams.values() if each.id != team.id):
            raise NameTaken(field="name")
        self.teams[team.id] = team
        self._ledger.record(audit)

    def find(self, team_id):
        return self.teams.get(team_id)

    def page(self, user_id):
        found = (each for each in self.teams.values() if user_id is None or (each.id, user_id) in self._users.members)
        return sorted(found, key=lambda each: each.name)

    def rename(self, team_id, name, audit):
        self.add(replace(self.teams[team_id], name=name), audit)

    def delete(self, team_id, audit):
        self._unshare(team_id)
        self.teams.pop(team_id, None)
        for key in [key for key in self._users.members if key[0] == team_id]:
            del self._users.members[key]
        self._ledger.record(audit)

    def members(self, team_id):
        found = [member for (team, _), member in self._users.members.items() if team == team_id]
        shown = (replace(each, email=self._users.people[each.user_id].email) for each in found)
        return sorted(shown, key=lambda each: (not each.is_lead, each.user_id))

    def put(self, team_id, member, audit):
        if member.user_id not in self._users.people or team_id not in self.teams:
            return False
        self._users.members[team_id, member.user_id] = member
        self._ledger.record(audit)
        return True

    def remove(self, team_id, user_id, audit):
        if self._users.members.pop((team_id, user_id), None) is None:
            return False
        self._unshare(team_id, user_id)
        self._ledger.record(audit)
        return True

    def _unshare(self, team_id, owner=None):
        for shelf in self.shelves:
            for thing in list(shelf.values()):
                whose = thing.requester.user_id if hasattr(thing, "requester") else thing.user_id
                if team_id in thing.shared_with and owner in (None, whose):
                    left = tuple(each for each in thing.shared_with if each != team_id)
                    shelf[thing.id] = replace(thing, shared_with=left)
