"""The journal of erasures, as SQLAlchemy knows it; alembic makes it."""

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
_Instant = DateTime(timezone=True)

erasures = Table(
    "erasures",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("user_id", Uuid, nullable=False),
    Column("asked_by", Uuid, nullable=False),
    Column("began_at", _Instant, nullable=False),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("digests", JSONB, nullable=False, server_default=text("'{}'")),
    Column("erased_at", _Instant),
    Column("certified_at", _Instant),
)
