"""Events put straight into their tables, as the way in does it: a batch and its events in one transaction."""

import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from exports_pipeline.adapters.event_tables import (
    analytics_events,
    event_batches,
    event_ids,
    stale_customers,
    stale_minutes,
)

TABLES = "event_batches, analytics_events, event_ids, stale_minutes, stale_customers, metric_rollups"
MIDDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event."""

    id: str
    tenant: str = "acme"
    event_type: str = "conversation"
    category: str = ""
    label: str = ""
    value: Decimal | None = None
    occurred_at: datetime = MIDDAY
    campaign: str = ""
    customer: str = ""
    metadata: dict = field(default_factory=dict)


def empty_tables(connection: Connection) -> None:
    """Forget all events and the months made for them, and have a place for every event of some years."""
    months = "SELECT relid::regclass::text FROM pg_partition_tree('analytics_events') WHERE isleaf"
    for (month,) in connection.exec_driver_sql(months).all():
        if re.fullmatch(r"analytics_events_\d{4}_\d{2}", month):
            connection.exec_driver_sql(f"DROP TABLE {month}")
    connection.exec_driver_sql(f"TRUNCATE {TABLES} RESTART IDENTITY")
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS analytics_events_of_tests PARTITION OF analytics_events "
        "FOR VALUES FROM ('2010-01-01Z') TO ('2035-01-01Z')"
    )


def store(connection: Connection, events: list[Event], *, received_at=MIDDAY) -> int | None:
    """Store one batch; an event whose id is known is left out. The id of the batch, None where all are known."""
    by_id = {(event.tenant, event.id): event for event in reversed(events)}
    rows = [{"tenant": each.tenant, "id": each.id, "occurred_at": each.occurred_at} for each in by_id.values()]
    taken = upsert(event_ids).values(rows).on_conflict_do_nothing().returning(event_ids.c.tenant, event_ids.c.id)
    fresh = [by_id[tuple(key)] for key in connection.execute(taken)]
    if not fresh:
        return None
    batch = {"tenant": fresh[0].tenant, "received_at": received_at, "events": len(fresh)}
    batch_id = connection.execute(insert(event_batches).values(batch).returning(event_batches.c.id)).scalar_one()
    connection.execute(insert(analytics_events), [asdict(event) | {"batch_id": batch_id} for event in fresh])
    return batch_id


def correct(connection: Connection, event: Event) -> None:
    """Replace an event by another of its id, and say what is stale now."""
    of_id = (analytics_events.c.tenant == event.tenant) & (analytics_events.c.id == event.id)
    before = connection.execute(select(analytics_events).where(of_id)).one()
    connection.execute(update(analytics_events).where(of_id).values(asdict(event)))
    same = (event_ids.c.tenant == event.tenant) & (event_ids.c.id == event.id)
    connection.execute(update(event_ids).where(same).values(occurred_at=event.occurred_at))
    for at in {minute(before.occurred_at), minute(event.occurred_at)}:
        row = {"tenant": event.tenant, "minute": at}
        connection.execute(upsert(stale_minutes).on_conflict_do_nothing(), row)
    for customer in {before.customer, event.customer} - {""}:
        row = {"tenant": event.tenant, "customer": customer}
        connection.execute(upsert(stale_customers).on_conflict_do_nothing(), row)


def minute(at: datetime) -> datetime:
    """The minute an instant lies in."""
    return at - timedelta(seconds=at.second, microseconds=at.microsecond)
