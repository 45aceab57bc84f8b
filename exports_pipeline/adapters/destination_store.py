"""The saved destinations in Postgres."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.sharing import is_shared_with
from exports_pipeline.adapters.tables import destinations
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.refusals import NameTaken
from exports_pipeline.core.sharing import SharedWith

_row = destinations.c
_COLUMNS = (
    _row.id,
    _row.user_id,
    _row.name,
    _row.channel,
    _row.address,
    _row.options,
    _row.secret_names,
    _row.created_at,
    _row.updated_at,
    _row.shared_with,
)
_KEPT = frozenset({"id", "shared_with"})
"""What a change does not touch: a destination that is shared no more meanwhile stays so."""


class PostgresDestinationStore:
    """`DestinationStore` over Postgres; secrets come and go encrypted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, destination: Destination, sealed: bytes | None, audit: AuditEntry) -> None:
        """Write a new destination with its encrypted secrets and its audit entry."""
        self._write(insert(destinations).values(_values(destination, sealed)), audit)

    def find(self, destination_id: UUID) -> Destination | None:
        """The destination of that id, whoever it belongs to."""
        with reading(self._engine) as connection:
            found = connection.execute(select(*_COLUMNS).where(_row.id == destination_id)).mappings().one_or_none()
        return _destination(found) if found else None

    def sealed(self, destination_id: UUID) -> bytes | None:
        """Its encrypted secrets."""
        with reading(self._engine) as connection:
            return connection.execute(select(_row.secrets).where(_row.id == destination_id)).scalar_one_or_none()

    def of_user(self, user_id: UUID) -> list[Destination]:
        """All destinations of a user, by name."""
        query = select(*_COLUMNS).where(_row.user_id == user_id).order_by(_row.name, _row.id)
        with reading(self._engine) as connection:
            return [_destination(each) for each in connection.execute(query).mappings()]

    def change(self, destination: Destination, sealed: bytes | None, audit: AuditEntry) -> None:
        """Write a destination anew."""
        values = {name: value for name, value in _values(destination, sealed).items() if name not in _KEPT}
        self._write(update(destinations).where(_row.id == destination.id).values(values), audit)

    def shared(self, shared: SharedWith) -> list[Destination]:
        """All destinations that others share with a user, by name."""
        query = select(*_COLUMNS).where(is_shared_with(destinations, shared.teams), _row.user_id != shared.user_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_row.name, _row.id)).mappings()
            return [_destination(each) for each in rows]

    def share(self, destination_id: UUID, teams: Sequence[UUID], audit: AuditEntry) -> None:
        """Share a destination with these teams and no others."""
        self._write(update(destinations).where(_row.id == destination_id).values(shared_with=list(teams)), audit)

    def delete(self, destination_id: UUID, audit: AuditEntry) -> None:
        """Forget a destination."""
        self._write(delete(destinations).where(_row.id == destination_id), audit)

    def _write(self, statement: Any, audit: AuditEntry) -> None:
        with transaction(self._engine) as connection:
            _once_named(connection, statement)
            write_entry(connection, audit)


def _once_named(connection: Connection, statement: Any) -> None:
    try:
        connection.execute(statement)
    except IntegrityError as error:
        raise NameTaken(field="name") from error


def _values(destination: Destination, sealed: bytes | None) -> dict[str, Any]:
    return {
        "id": destination.id,
        "user_id": destination.user_id,
        "name": destination.name,
        "channel": destination.channel,
        "address": destination.address,
        "options": dict(destination.options),
        "secret_names": list(destination.secret_names),
        "secrets": sealed,
        "created_at": destination.created_at,
        "updated_at": destination.updated_at,
        "shared_with": list(destination.shared_with),
    }


def _destination(row: RowMapping) -> Destination:
    tuples = {name: tuple(row[name]) for name in ("secret_names", "shared_with")}
    return Destination(**{**row, **tuples, "channel": Channel(row["channel"])})
