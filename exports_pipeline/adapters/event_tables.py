"""The tables of events and of metrics, as SQLAlchemy knows them; alembic makes them, all but the months of events."""

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
_Instant = DateTime(timezone=True)

event_batches = Table(
    "event_batches",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("received_at", _Instant, nullable=False),
    Column("events", Integer, nullable=False),
    Column("rolled_up_at", _Instant),
)

analytics_events = Table(
    "analytics_events",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("batch_id", BigInteger, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("value", Numeric),
    Column("occurred_at", _Instant, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    postgresql_partition_by="RANGE (occurred_at)",
)

event_ids = Table(
    "event_ids",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("occurred_at", _Instant, nullable=False),
)

stale_minutes = Table(
    "stale_minutes",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("minute", _Instant, primary_key=True),
)

stale_customers = Table(
    "stale_customers",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("customer", Text, primary_key=True),
)

metric_rollups = Table(
    "metric_rollups",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("granularity", Text, primary_key=True),
    Column("bucket", _Instant, primary_key=True),
    Column("dimensions", JSONB, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("sum", Numeric),
    Column("min", Numeric),
    Column("max", Numeric),
    Column("sketch", LargeBinary),
    Column("dimensions_key", Uuid, Computed("(md5((dimensions)::text))::uuid"), primary_key=True),
    Column("campaign", Text, Computed("COALESCE((dimensions ->> 'campaign'::text), ''::text)"), nullable=False),
)
