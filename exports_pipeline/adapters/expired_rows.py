"""Deletes what is older than it is kept out of large tables, a part of them at a time."""

from datetime import datetime

from sqlalchemy import Engine, text

from exports_pipeline.adapters.postgres import transaction

PAGES_AT_ONCE = 2_000
"""Of a table, in one transaction; some fifty rows stand on a page."""


def delete_before(
    engine: Engine, table: str, instant: str, before: datetime, *, pages_at_once: int = PAGES_AT_ONCE
) -> int:
    """Delete the rows of a table whose instant, an expression of our own, lies before another; how many there were.

    It walks through the table once, needs no index, and may stop anywhere and be done again.

    Raises:
        LedgerUnavailable
    """
    size = text(f"SELECT pg_relation_size('{table}') / current_setting('block_size')::bigint")
    with transaction(engine) as connection:
        pages = int(connection.execute(size).scalar_one())
    deleted = 0
    for first in range(0, pages, pages_at_once):
        some = text(
            f"DELETE FROM {table} WHERE {instant} < :before "  # noqa: S608 - names of our own
            f"AND ctid >= '({first},0)' AND ctid < '({first + pages_at_once},0)'"
        )
        with transaction(engine) as connection:
            deleted += connection.execute(some, {"before": before}).rowcount
    return deleted
