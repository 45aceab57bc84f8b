"""The tables of journeys and of activity, as SQLAlchemy knows them; alembic makes them."""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()
_Instant = DateTime(timezone=True)

campaigns = Table(
    "campaigns",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("campaign", Text, primary_key=True),
)

journeys = Table(
    "journeys",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("customer", Text, primary_key=True),
    Column("campaign", Text, primary_key=True),
    Column("segment", Text, nullable=False),
    Column("times", ARRAY(_Instant), nullable=False),
)

journey_rollups = Table(
    "journey_rollups",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("campaign", Text, primary_key=True),
    Column("granularity", Text, primary_key=True),
    Column("bucket", _Instant, primary_key=True),
    Column("segment", Text, primary_key=True),
    Column("step", SmallInteger, primary_key=True),
    Column("journeys", BigInteger, nullable=False),
)

journey_seconds = Table(
    "journey_seconds",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("campaign", Text, primary_key=True),
    Column("granularity", Text, primary_key=True),
    Column("bucket", _Instant, primary_key=True),
    Column("segment", Text, primary_key=True),
    Column("step", SmallInteger, primary_key=True),
    Column("since_step", SmallInteger, primary_key=True),
    Column("histogram", LargeBinary, nullable=False),
)

customers_to_retell = Table(
    "customers_to_retell",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("customer", Text, primary_key=True),
)

journey_definition = Table("journey_definition", metadata, Column("digest", Text, primary_key=True))

activity_tail = Table(
    "activity_tail",
    metadata,
    Column("at", _Instant, nullable=False),
    Column("actor", Uuid, nullable=False),
    Column("action", Text, nullable=False),
)

activity_rollups = Table(
    "activity_rollups",
    metadata,
    Column("granularity", Text, primary_key=True),
    Column("bucket", _Instant, primary_key=True),
    Column("actor", Uuid, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("entries", BigInteger, nullable=False),
    Column("first_at", _Instant, nullable=False),
    Column("last_at", _Instant, nullable=False),
    Column("features", BigInteger, nullable=False, server_default="0"),
)
