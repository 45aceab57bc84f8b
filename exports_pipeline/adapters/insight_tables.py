"""The tables of the insights, as SQLAlchemy knows them: triggers fill them, as migrations 0013 and 0019 tell."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()
_Instant = DateTime(timezone=True)

job_kinds = Table(
    "job_kinds",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("digest", Uuid, nullable=False, unique=True),
    Column("level", Text, nullable=False),
    Column("user_id", Uuid),
    Column("owner_key", Text),
    Column("type", Text),
    Column("dataset", Text),
    Column("tags", ARRAY(Text)),
    Column("format", Text),
    Column("destinations", ARRAY(Text)),
    Column("list", Text),
    Column("plan", Text),
    Column("status", Text),
    Column("error_code", Text),
    Column("kinds", ARRAY(Integer)),
)

job_rollups = Table(
    "job_rollups",
    metadata,
    Column("level", Text, primary_key=True),
    Column("grain", Text, primary_key=True),
    Column("bucket", _Instant, primary_key=True),
    Column("kind", Integer, primary_key=True),
    Column("completed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("cancelled", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("ran", BigInteger, nullable=False),
    Column("queue_us", BigInteger, nullable=False),
    Column("run_us", BigInteger, nullable=False),
    Column("queue_counts", ARRAY(Integer)),
    Column("run_counts", ARRAY(Integer)),
)

job_tail = Table(
    "job_tail",
    metadata,
    Column("ended_at", _Instant, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("completed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("cancelled", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("ran", BigInteger, nullable=False),
    Column("queue_us", BigInteger, nullable=False),
    Column("run_us", BigInteger, nullable=False),
)

opening_rollups = Table(
    "opening_rollups",
    metadata,
    Column("level", Text, primary_key=True),
    Column("grain", Text, primary_key=True),
    Column("bucket", _Instant, primary_key=True),
    Column("kind", Integer, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("openings", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
