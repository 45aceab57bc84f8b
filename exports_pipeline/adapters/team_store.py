"""The teams in Postgres."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import IntegrityError

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.sharing import is_shared_with
from exports_pipeline.adapters.tables import destinations, export_jobs, schedules, team_members, teams, users
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.refusals import NameTaken
from exports_pipeline.core.team import Member, Team

_team, _member = teams.c, team_members.c
_SHARED = (
    (export_jobs, export_jobs.c.requester),
    (schedules, schedules.c.user_id),
    (destinations, destinations.c.user_id),
)
"""The tables whose rows may be shared, and whose they are."""


class PostgresTeamStore:
    """`TeamStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, team: Team, audit: AuditEntry) -> None:
        """Write a new team."""
        new = insert(teams).values(id=team.id, name=team.name, created_at=team.created_at)
        self._once_named(new, audit)

    def find(self, team_id: UUID) -> Team | None:
        """The team of that id."""
        found = self._select(_team.id == team_id)
        return found[0] if found else None

    def page(self, user_id: UUID | None) -> list[Team]:
        """The teams of a user, or all of them, by name."""
        if user_id is None:
            return self._select()
        return self._select(_team.id.in_(select(_member.team_id).where(_member.user_id == user_id)))

    def rename(self, team_id: UUID, name: str, audit: AuditEntry) -> None:
        """Give a team another name."""
        self._once_named(update(teams).where(_team.id == team_id).values(name=name), audit)

    def delete(self, team_id: UUID, audit: AuditEntry) -> None:
        """Forget a team, and that anything was shared with it."""
        with transaction(self._engine) as connection:
            _unshare(connection, team_id)
            connection.execute(delete(teams).where(_team.id == team_id))
            write_entry(connection, audit)

    def members(self, team_id: UUID) -> list[Member]:
        """The members of a team, leads first, then by id."""
        query = select(_member.user_id, _member.is_lead, users.c.email).join(users, users.c.id == _member.user_id)
        query = query.where(_member.team_id == team_id).order_by(_member.is_lead.desc(), _member.user_id)
        with reading(self._engine) as connection:
            return [Member(**row) for row in connection.execute(query).mappings()]

    def put(self, team_id: UUID, member: Member, audit: AuditEntry) -> bool:
        """Make a user a member, or a member a lead, and that back."""
        new = insert_or(team_members).values(team_id=team_id, user_id=member.user_id, is_lead=member.is_lead)
        key = [_member.team_id, _member.user_id]
        try:
            with transaction(self._engine) as connection:
                connection.execute(new.on_conflict_do_update(index_elements=key, set_={"is_lead": member.is_lead}))
                write_entry(connection, audit)
        except IntegrityError:  # a foreign key leads nowhere
            return False
        return True

    def remove(self, team_id: UUID, user_id: UUID, audit: AuditEntry) -> bool:
        """Take a user out of a team, and back from it what they shared with it."""
        with transaction(self._engine) as connection:
            gone = delete(team_members).where(_member.team_id == team_id, _member.user_id == user_id)
            if connection.execute(gone).rowcount == 0:
                return False
            _unshare(connection, team_id, user_id)
            write_entry(connection, audit)
        return True

    def _select(self, *conditions: Any) -> list[Team]:
        query = select(_team.id, _team.name, _team.created_at).where(*conditions).order_by(_team.name)
        with reading(self._engine) as connection:
            return [Team(**row) for row in connection.execute(query).mappings()]

    def _once_named(self, statement: Any, audit: AuditEntry) -> None:
        try:
            with transaction(self._engine) as connection:
                connection.execute(statement)
                write_entry(connection, audit)
        except IntegrityError as error:
            raise NameTaken("There is a team of this name already.", field="name") from error


def _unshare(connection: Connection, team_id: UUID, owner: UUID | None = None) -> None:
    """Take back what was shared with a team, by everybody or by one of its members."""
    for table, whose in _SHARED:
        shared = update(table).where(is_shared_with(table, [team_id]))
        shared = shared if owner is None else shared.where(whose == owner)
        connection.execute(shared.values(shared_with=func.array_remove(table.c.shared_with, team_id)))
