"""Events for tests, and what a real store holds of them."""

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal

import psycopg

from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.core.event import Event
from exports_pipeline_tests.fakes.clock import NOON

CALL = Event(
    id="1",
    event_type="call",
    category="outbound",
    label="interested",
    value=Decimal("12.50"),
    occurred_at=NOON,
    campaign="spring",
    customer="c-1",
    metadata='{"segment":"retail"}',
)


def an_event(event_id="1", *, minutes=0.0, **changes):
    """A call some minutes after noon."""
    return replace(CALL, id=event_id, occurred_at=NOON + timedelta(minutes=minutes), **changes)


def sent(event_id="1", **changes):
    """An event as a client sends it."""
    body = {
        "id": event_id,
        "event_type": "call",
        "category": "outbound",
        "label": "interested",
        "value": 12,
        "occurred_at": "2026-03-01T11:59:00Z",
        "campaign": "spring",
        "customer": "c-1",
        "metadata": {"segment": "retail"},
    }
    return body | changes


class StoredEvents(PostgresEventStore):
    """The events in Postgres, with a look at its tables."""

    def __init__(self, engine, url) -> None:
        super().__init__(engine)
        self.url = url

    def rows(self, query, *values):
        with psycopg.connect(self.url, options="-c timezone=UTC") as connection:
            return connection.execute(query, values).fetchall()

    @property
    def events(self):
        columns = "tenant, id, event_type, category, label, value, occurred_at, campaign, customer, metadata::text"
        names = [each.partition("::")[0] for each in columns.split(", ")[1:]]
        rows = self.rows(f"SELECT {columns}, batch_id FROM analytics_events")
        found = {}
        for tenant, *values, batch in rows:
            event = Event(**dict(zip(names, values, strict=True)))
            assert (tenant, event.id) not in found
            found[tenant, event.id] = (event, batch)
        times = {(*key, event.occurred_at) for key, (event, _) in found.items()}
        assert times == set(self.rows("SELECT tenant, id, occurred_at FROM event_ids"))
        return found

    @property
    def batches(self):
        return self.rows("SELECT tenant, received_at, events FROM event_batches ORDER BY id")

    @property
    def stale_minutes(self):
        return {(tenant, minute.astimezone(UTC)) for tenant, minute in self.rows("SELECT * FROM stale_minutes")}

    @property
    def stale_customers(self):
        return set(self.rows("SELECT * FROM stale_customers"))


def without_events(engine):
    """Empty the tables of events, and drop all months."""
    with engine.begin() as connection:
        months = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^analytics_events_'"
        ).scalars()
        for name in months.all():
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql(
            "TRUNCATE event_batches, event_ids, stale_minutes, stale_customers, metric_rollups RESTART IDENTITY"
        )
