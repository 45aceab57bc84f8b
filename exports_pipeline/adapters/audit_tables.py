"""The tables of the chain of the audit log, as SQLAlchemy knows them; alembic makes them."""

from sqlalchemy import BigInteger, Column, Date, DateTime, LargeBinary, MetaData, Table

metadata = MetaData()
_Instant = DateTime(timezone=True)

audit_unsealed = Table(
    "audit_unsealed", metadata, Column("id", BigInteger, nullable=False), Column("at", _Instant, nullable=False)
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, nullable=False, unique=True),
    Column("at", _Instant, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

audit_anchors = Table(
    "audit_anchors",
    metadata,
    Column("month", Date, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("dropped_at", _Instant, nullable=False),
)
