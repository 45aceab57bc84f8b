"""The months of events in Postgres: one partition each, made without holding up whoever writes, dropped as a whole."""

import re
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection, Engine, text

from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.core.event_months import month_after, start_of

_DROPPING = 0x64726F70
"""Key of the advisory lock of whoever drops months: one at a time."""
_MAKE = text("SELECT make_event_month(:month)")
_NAME = re.compile(r"analytics_events_(\d{4})_(\d{2})")
_BATCHES = 10_000
"""Batches that are deleted at once."""
_TABLES = text("""
    SELECT relname, inhrelid IS NOT NULL AS is_attached, coalesce(inhdetachpending, false) AS is_leaving
    FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid
    WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('analytics_events'))
        AND relkind = 'r' AND starts_with(relname, 'analytics_events_')""")
_DELETE_BATCHES = text("""
    DELETE FROM event_batches WHERE id IN (
        SELECT id FROM (SELECT id, received_at, rolled_up_at FROM event_batches ORDER BY id LIMIT :limit) AS oldest
        WHERE received_at < :before AND rolled_up_at IS NOT NULL)""")


class EventPartitions:
    """Makes and drops the partitions of `analytics_events`; remembers which there are.

    Only the owner of the tables drops. The ids of a month are deleted by so many of its pages at a time, with some
    twenty events on each.
    """

    def __init__(self, engine: Engine, *, owner: Engine | None = None, pages_at_once: int = 500) -> None:
        self._engine, self._owner, self._pages_at_once = engine, owner or engine, pages_at_once
        self._known: set[date] = set()

    def make(self, months: Iterable[date]) -> int:
        """Make the months that are missing; how many were."""
        made = 0
        for month in sorted(set(months) - self._known):
            with transaction(self._engine) as connection:
                made += bool(connection.execute(_MAKE, {"month": month}).scalar_one())
            self._known.add(month)
        return made

    def forget_known(self) -> None:
        """Look again, next time, which months there are."""
        self._known = set()

    def drop(self, *, before: datetime) -> int:
        """Drop all months that ended by then, with their ids, and the batches that old; how many months there were.

        May stop anywhere, and go on another time.
        """
        with reading(self._owner) as connection:
            if not connection.execute(text(f"SELECT pg_try_advisory_lock({_DROPPING})")).scalar_one():
                return 0
            try:
                dropped = self._drop(connection, before)
            except BaseException:
                connection.invalidate()  # the lock goes with the connection
                raise
            connection.execute(text(f"SELECT pg_advisory_unlock({_DROPPING})"))
            return dropped

    def _drop(self, connection: Connection, before: datetime) -> int:
        old = [
            (name, is_attached, is_leaving)
            for name, month, is_attached, is_leaving in _months(connection)
            if start_of(month_after(month)) <= before
        ]
        self.forget_known()
        for name, is_attached, is_leaving in old:
            if is_attached:
                # Concurrently: nobody who reads or writes other months waits.
                how = "FINALIZE" if is_leaving else "CONCURRENTLY"
                connection.exec_driver_sql(f"ALTER TABLE analytics_events DETACH PARTITION {name} {how}")
            _delete_ids(connection, name, self._pages_at_once)
            connection.exec_driver_sql(f"DROP TABLE {name}")
        while connection.execute(_DELETE_BATCHES, {"limit": _BATCHES, "before": before}).rowcount:
            pass
        return len(old)


def _months(connection: Connection) -> list[tuple[str, date, bool, bool]]:
    """Names of the tables that hold a month, in order, and whether each is a partition, or was about to be none."""
    rows = [(_NAME.fullmatch(row.relname), row) for row in connection.execute(_TABLES)]
    return sorted(
        (row.relname, date(int(found[1]), int(found[2]), 1), row.is_attached, row.is_leaving)
        for found, row in rows
        if found
    )


def _delete_ids(connection: Connection, name: str, pages_at_once: int) -> None:
    """Delete the ids of all events of a month, some pages of it at a time."""
    pages = connection.exec_driver_sql(
        f"SELECT pg_relation_size('{name}') / current_setting('block_size')::bigint"
    ).scalar_one()
    for first in range(0, int(pages), pages_at_once):
        connection.exec_driver_sql(
            f"DELETE FROM event_ids USING {name} AS event "  # noqa: S608 - a name that our own pattern has matched
            f"WHERE event.ctid >= '({first},0)' AND event.ctid < '({first + pages_at_once},0)' "
            "AND event_ids.tenant = event.tenant AND event_ids.id = event.id "
            "AND event_ids.occurred_at = event.occurred_at"
        )
