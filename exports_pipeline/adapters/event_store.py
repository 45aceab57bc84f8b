"""The events in Postgres: which are new is decided by their ids, and all rows of a request go in together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from psycopg import Connection, Cursor
from psycopg.errors import CheckViolation
from sqlalchemy import Engine

from exports_pipeline.adapters.event_partitions import EventPartitions
from exports_pipeline.adapters.event_rows import COPY_EVENTS, MAKE_WAITING, STORE_WAITING, event_line
from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.core.event import Event
from exports_pipeline.core.event_store import Added

# Every transaction takes its locks in the same order, ids before stale rows and each kind sorted, so that of two that
# hold the same ids one waits for the other.
_TAKE_NEW_IDS = """
    WITH taken AS (
        INSERT INTO event_ids (tenant, id, occurred_at)
        SELECT %(tenant)s, id, occurred_at
        FROM unnest(%(ids)s::text[], %(times)s::timestamptz[]) AS given (id, occurred_at)
        ON CONFLICT (tenant, id) DO NOTHING
        RETURNING id),
    counted AS (
        SELECT count(*) AS events, CASE WHEN count(*) < %(given)s THEN array_agg(id) END AS ids FROM taken),
    batch AS (
        INSERT INTO event_batches (tenant, received_at, events)
        SELECT %(tenant)s, %(now)s, events FROM counted WHERE events > 0
        RETURNING id)
    SELECT events, ids, (SELECT id FROM batch) FROM counted"""
_LOCK_OLD_IDS = """
    SELECT id, occurred_at FROM event_ids
    WHERE tenant = %(tenant)s AND id = ANY(%(ids)s::text[]) ORDER BY id FOR UPDATE"""
_TAKE_OLD_ROWS = """
    DELETE FROM analytics_events AS event
    USING unnest(%(ids)s::text[], %(times)s::timestamptz[]) AS given (id, occurred_at)
    WHERE event.tenant = %(tenant)s AND event.id = given.id AND event.occurred_at = given.occurred_at
    RETURNING event.id, event.batch_id, event.occurred_at, event.customer"""
_MOVE_IDS = """
    UPDATE event_ids SET occurred_at = given.occurred_at
    FROM unnest(%(ids)s::text[], %(times)s::timestamptz[]) AS given (id, occurred_at)
    WHERE event_ids.tenant = %(tenant)s AND event_ids.id = given.id"""
_OPEN_BATCH = """
    INSERT INTO event_batches (tenant, received_at, events) VALUES (%(tenant)s, %(now)s, %(events)s) RETURNING id"""
# A row that is there is written anew: whoever repairs it at this moment, without having seen our events, must notice.
_NOTE_MINUTES = """
    INSERT INTO stale_minutes (tenant, minute) SELECT %(tenant)s, unnest(%(minutes)s::timestamptz[])
    ON CONFLICT (tenant, minute) DO UPDATE SET minute = excluded.minute"""
_NOTE_CUSTOMERS = """
    INSERT INTO stale_customers (tenant, customer) SELECT %(tenant)s, unnest(%(customers)s::text[])
    ON CONFLICT (tenant, customer) DO UPDATE SET customer = excluded.customer"""


class PostgresEventStore:
    """`EventStore` over Postgres."""

    def __init__(self, engine: Engine, *, owner: Engine | None = None) -> None:
        self._engine = engine
        self._partitions = EventPartitions(engine, owner=owner)

    def add(self, tenant: str, events: Sequence[Event], *, now: datetime, replace: bool) -> Added:
        """Store a tenant's events, all or none, as one new batch."""
        if not events:
            return Added()
        by_id = {event.id: event for event in (events if replace else reversed(events))}
        chosen = [by_id[event_id] for event_id in sorted(by_id)]
        months = {date(*month, 1) for month in {(event.occurred_at.year, event.occurred_at.month) for event in chosen}}
        self._partitions.make(months)
        try:
            stored = self._write(tenant, chosen, now=now, replace=replace)
        except CheckViolation:  # a month that we knew was dropped since, when less was kept
            self._partitions.forget_known()
            self._partitions.make(months)
            stored = self._write(tenant, chosen, now=now, replace=replace)
        others = len(events) - stored
        return Added(stored=stored, replaced=others) if replace else Added(stored=stored, duplicates=others)

    def make_months(self, months: Iterable[date]) -> int:
        """Make the partitions of these months where they are missing; how many were."""
        return self._partitions.make(set(months))

    def forget(self, *, before: datetime) -> int:
        """Drop all months that ended by then with their ids, and batches that old; how many months there were."""
        return self._partitions.drop(before=before)

    def _write(self, tenant: str, events: Sequence[Event], *, now: datetime, replace: bool) -> int:
        """Write events whose ids differ, sorted by these; how many were new."""
        with self._cursor() as cursor:
            new, batch = _take_new_ids(cursor, tenant, events, now)
            written = [event for event in events if event.id in new]
            batches: Mapping[str, int] = {}
            if replace and len(new) < len(events):
                batches = _take_back(cursor, tenant, [event for event in events if event.id not in new])
                written = list(events)
                lost = sum(event.id not in batches and event.id not in new for event in events)
                batch = batch or (_open_batch(cursor, tenant, now, lost) if lost else 0)
            if not written:
                return 0
            cursor.execute(MAKE_WAITING)
            with cursor.copy(COPY_EVENTS) as copy:
                copy.write("".join([event_line(tenant, batches.get(event.id, batch), event) for event in written]))
            cursor.execute(STORE_WAITING)
        return len(new)

    @contextmanager
    def _cursor(self) -> Iterator[Cursor[Any]]:
        """A cursor of the driver in a transaction, since SQLAlchemy knows no COPY."""
        with transaction(self._engine) as connection:
            driver: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is psycopg
            with driver.cursor() as cursor:
                yield cursor


def _take_new_ids(
    cursor: Cursor[Any], tenant: str, events: Sequence[Event], now: datetime
) -> tuple[frozenset[str], int]:
    """The ids that are new, and their batch: in one statement, since each one is a way there and back."""
    cursor.execute(_TAKE_NEW_IDS, {**_keys(tenant, events), "given": len(events), "now": now})
    count, taken, batch = cursor.fetchone() or (0, None, None)
    return frozenset([event.id for event in events] if count == len(events) else taken or ()), batch or 0


def _take_back(cursor: Cursor[Any], tenant: str, events: Sequence[Event]) -> dict[str, int]:
    """Remove what is kept under the ids of these events, and note what that makes stale; the batch of each."""
    keys = _keys(tenant, events)
    cursor.execute(_LOCK_OLD_IDS, keys)
    kept = cursor.fetchall()
    old_keys = {"tenant": tenant, "ids": [row[0] for row in kept], "times": [row[1] for row in kept]}
    cursor.execute(_TAKE_OLD_ROWS, old_keys)
    old = cursor.fetchall()
    cursor.execute(_MOVE_IDS, keys)
    instants = [*(row[2] for row in old), *(event.occurred_at for event in events)]
    minutes = sorted({instant.astimezone(UTC).replace(second=0, microsecond=0) for instant in instants})
    customers = sorted({*(row[3] for row in old), *(event.customer for event in events)} - {""})
    cursor.execute(_NOTE_MINUTES, {"tenant": tenant, "minutes": minutes})
    cursor.execute(_NOTE_CUSTOMERS, {"tenant": tenant, "customers": customers})
    return {row[0]: row[1] for row in old}


def _open_batch(cursor: Cursor[Any], tenant: str, now: datetime, events: int) -> int:
    cursor.execute(_OPEN_BATCH, {"tenant": tenant, "now": now, "events": events})
    [batch_id] = cursor.fetchone() or (0,)
    return int(batch_id)


def _keys(tenant: str, events: Sequence[Event]) -> dict[str, str]:
    """The ids and times of events as Postgres writes arrays, which the driver does many times slower."""
    ids = ",".join([f'"{_escaped(event.id)}"' for event in events])
    times = ",".join([event.occurred_at.isoformat() for event in events])
    return {"tenant": tenant, "ids": f"{{{ids}}}", "times": f"{{{times}}}"}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
