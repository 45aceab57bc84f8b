"""The tables of the ledger, as SQLAlchemy knows them; alembic makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    FetchedValue,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSON, JSONB

metadata = MetaData()
_Instant = DateTime(timezone=True)

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_key", Text, nullable=False),
    Column("email", Text),
    Column("telegram_chat_id", Text),
    Column("created_at", _Instant, nullable=False),
    Column("seen_at", _Instant, nullable=False),
    Column("served_at", _Instant),
    Column("permissions", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("deactivated_at", _Instant),
    Column("claimed_roles", ARRAY(Text)),
    Column("roles", ARRAY(Text), nullable=False, server_default=text("'{}'")),
)

teams = Table(
    "teams",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", _Instant, nullable=False),
)

team_members = Table(
    "team_members",
    metadata,
    Column("team_id", Uuid, ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("is_lead", Boolean, nullable=False),
)

export_jobs = Table(
    "export_jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("forgiven", Integer, nullable=False),
    Column("is_large", Boolean, nullable=False, server_default=text("false")),
    Column("requester", Uuid, ForeignKey("users.id"), nullable=False),
    Column("owner_key", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("dataset", Text, nullable=False),
    Column("dataset_id", Uuid, nullable=False),
    Column("format", Text, nullable=False),
    Column("filters", JSONB, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("recipients", JSONB, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("progress", JSONB, nullable=False),
    Column("run_id", Text),
    Column("error_code", Text),
    Column("error_sentence", Text),
    Column("error_fault", Text),
    Column("created_at", _Instant, nullable=False),
    Column("due_at", _Instant, nullable=False),
    Column("dispatched_at", _Instant),
    Column("started_at", _Instant),
    Column("heartbeat_at", _Instant),
    Column("completed_at", _Instant),
    Column("expires_at", _Instant),
    Column("triggered_by", Text, nullable=False),
    Column("export_type", Text, nullable=False),
    Column("tag_summary", ARRAY(Text), nullable=False),
    Column("volume", BigInteger),
    Column("idempotency_key", Text),
    Column("request_digest", Text),
    Column("shared_with", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("list", Text, Computed("COALESCE((metadata #>> '{labels,list}'::text[]), ''::text)"), nullable=False),
    Column("plan", Text, Computed("COALESCE((metadata #>> '{labels,plan}'::text[]), ''::text)"), nullable=False),
    Column("file_size_bytes", BigInteger, Computed("((metadata ->> 'file_size_bytes'::text))::bigint")),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("job_id", Uuid, ForeignKey("export_jobs.id", ondelete="CASCADE")),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE")),
    Column("kind", Text, nullable=False, server_default=text("'result'")),
    Column("occasion", Text, nullable=False, server_default=text("''")),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("destination_id", Uuid),
    Column("about", JSONB, nullable=False, server_default=text("'{}'")),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", _Instant),
    Column("receipt", Text),
    Column("last_error", Text),
    Column("created_at", _Instant, nullable=False),
    Column("settled_at", _Instant),
    UniqueConstraint(
        "job_id",
        "kind",
        "occasion",
        "channel",
        "address",
        "destination_id",
        "user_id",
        postgresql_nulls_not_distinct=True,
    ),
)

destinations = Table(
    "destinations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("secret_names", ARRAY(Text), nullable=False),
    Column("secrets", LargeBinary),
    Column("created_at", _Instant, nullable=False),
    Column("updated_at", _Instant, nullable=False),
    Column("shared_with", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    UniqueConstraint("user_id", "name"),
)

links = Table(
    "links",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("delivery_id", Uuid, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("job_id", Uuid, ForeignKey("export_jobs.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", _Instant, nullable=False),
    Column("expires_at", _Instant, nullable=False),
    Column("revoked_at", _Instant),
    Column("opened", Integer, nullable=False, server_default=text("0")),
    Column("last_opened_at", _Instant),
)

telegram_invitations = Table(
    "telegram_invitations",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", _Instant, nullable=False),
)

manifests = Table(
    "manifests",
    metadata,
    Column("job_id", Uuid, ForeignKey("export_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("manifest", JSON, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, FetchedValue(), primary_key=True),
    Column("at", _Instant, primary_key=True),
    Column("actor", Uuid, nullable=False),
    Column("subject", Uuid),
    Column("service", Uuid),
    Column("key_id", Uuid),
    Column("action", Text, nullable=False),
    Column("entity_type", Text, nullable=False, server_default=text("''")),
    Column("entity_id", Text, nullable=False, server_default=text("''")),
    Column("job_id", Uuid),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("details", JSONB, nullable=False, server_default=text("'{}'")),
    Column("outcome", Text, nullable=False, server_default=text("'ok'")),
    Column("request_id", Text, nullable=False, server_default=text("''")),
    Column("address", Text),
    Column("agent", Text),
    Column("personal", JSONB(none_as_null=True)),
    Column("salt", LargeBinary),
    Column("personal_digest", LargeBinary, nullable=False),
)
"""Postgres makes id, salt and digest of an entry by itself; nothing can be changed in it."""

schedules = Table(
    "schedules",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("formats", ARRAY(Text), nullable=False),
    Column("cron", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("recipients", JSONB, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("catch_up", Text, nullable=False),
    Column("condition", Text, nullable=False),
    Column("key", ARRAY(Text), nullable=False),
    Column("per_recipient", Boolean, nullable=False),
    Column("expires_at", _Instant),
    Column("created_at", _Instant, nullable=False),
    Column("updated_at", _Instant, nullable=False),
    Column("failures_in_row", Integer, nullable=False),
    Column("paused_reason", Text),
    Column("planned_until", _Instant, nullable=False),
    Column("next_due_at", _Instant),
    Column("shared_with", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
)

schedule_windows = Table(
    "schedule_windows",
    metadata,
    Column("schedule_id", Uuid, ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("due_at", _Instant, primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("start_at", _Instant, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("is_late", Boolean, nullable=False, server_default=text("false")),
    Column("started_at", _Instant),
    Column("settled_at", _Instant),
    Column("job_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("withheld", JSONB, nullable=False, server_default=text("'{}'")),
    Column("digests", JSONB, nullable=False, server_default=text("'{}'")),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("prefix", Text, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("owner_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("act_for", ARRAY(Text), nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", _Instant, nullable=False),
    Column("expires_at", _Instant, nullable=False),
    Column("last_used_at", _Instant),
    Column("revoked_at", _Instant),
)

# Three tables that triggers fill (migration 0004); metrics are read from them.

job_totals = Table(
    "job_totals",
    metadata,
    Column("dataset", Text, primary_key=True),
    Column("format", Text, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("error_code", Text, primary_key=True),
    Column("jobs", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

delivery_totals = Table(
    "delivery_totals",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("deliveries", BigInteger, nullable=False),
)

seconds_totals = Table(
    "seconds_totals",
    metadata,
    Column("phase", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("up_to", DOUBLE_PRECISION, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("seconds", DOUBLE_PRECISION, nullable=False),
)
