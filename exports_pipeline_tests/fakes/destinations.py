"""Destinations and links in memory."""

from dataclasses import replace
from uuid import uuid4

from exports_pipeline.core.link import Link
from exports_pipeline.core.refusals import NameTaken
from exports_pipeline_tests.fakes.job_filter import is_shared_by_another


class InMemoryDestinations:
    """`DestinationStore` over dictionaries."""

    def __init__(self, audit) -> None:
        self._audit, self.kept, self.secrets = audit, {}, {}

    def add(self, destination, sealed, audit):
        if any(self._key(each) == self._key(destination) for each in self.kept.values() if each.id != destination.id):
            raise NameTaken(field="name")
        self.kept[destination.id], self.secrets[destination.id] = destination, sealed
        self._audit.append(audit)

    def change(self, destination, sealed, audit):
        self.add(replace(destination, shared_with=self.kept[destination.id].shared_with), sealed, audit)

    def shared(self, shared):
        found = (each for each in self.kept.values() if is_shared_by_another(each, each.user_id, shared))
        return sorted(found, key=lambda each: each.name)

    def share(self, destination_id, teams, audit):
        self.kept[destination_id] = replace(self.kept[destination_id], shared_with=tuple(teams))
        self._audit.append(audit)

    def find(self, destination_id):
        return self.kept.get(destination_id)

    def sealed(self, destination_id):
        return self.secrets.get(destination_id)

    def of_user(self, user_id):
        return sorted((each for each in self.kept.values() if each.user_id == user_id), key=lambda each: each.name)

    def delete(self, destination_id, audit):
        self.kept.pop(destination_id, None)
        self.secrets.pop(destination_id, None)
        self._audit.append(audit)

    def _key(self, destination):
        return destination.user_id, destination.name


class InMemoryLinks:
    """`LinkStore` over a dictionary."""

    def __init__(self, audit) -> None:
        self._audit, self.links = audit, {}

    def make(self, delivery_id, job_id, *, now, expires_at):
        found = next((each for each in self.links.values() if each.delivery_id == delivery_id), None)
        link = found or Link(id=uuid4(), delivery_id=delivery_id, job_id=job_id, expires_at=expires_at)
        self.links[link.id] = link if link.revoked_at else replace(link, expires_at=expires_at)
        return self.links[link.id]

    def find(self, link_id):
        return self.links.get(link_id)

    def of_job(self, job_id):
        return [each for each in self.links.values() if each.job_id == job_id]

    def opened(self, link_id, audit):
        link = self.links[link_id]
        self.links[link_id] = replace(link, opened=link.opened + 1, last_opened_at=audit.at)
        self._audit.append(audit)

    def revoke(self, delivery_id, audit):
        found = [each for each in self.links.values() if each.delivery_id == delivery_id and not each.revoked_at]
        for link in found:
            self.links[link.id] = replace(link, revoked_at=audit.at)
            self._audit.append(audit)
        return bool(found)
