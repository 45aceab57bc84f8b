"""The condition that a row is shared with a team."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Uuid, and_, cast, literal, text
from sqlalchemy.dialects.postgresql import ARRAY


def is_shared_with(table: Table, teams: Collection[UUID]) -> ColumnElement[bool]:
    """Whether a row of a table with the column `shared_with` is shared with any of some teams."""
    shared: ColumnElement[list[UUID]] = table.c.shared_with
    # The first half in the words of the partial indexes, which know nothing of rows that are not shared.
    return and_(shared != text("'{}'::uuid[]"), shared.overlap(cast(literal(list(teams)), ARRAY(Uuid))))
