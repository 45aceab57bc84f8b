"""Which features a user used in each hour, day, week and month, as bits; and what everybody did, by action."""

from alembic import op

revision = "0024_keep_features_of_users"
down_revision = "0023_keep_longer_spans"
branch_labels = None
depends_on = None

# What stands before the first point of an action, each at the place of its bit, as the roll-up has it.
_HEADS = (
    "export", "report", "schedule", "delivery", "link", "telegram", "destination", "user", "estimate", "dataset",
    "insight", "event", "audit", "redaction", "retention", "catalog", "quota", "key", "role", "service", "team",
    "token", "request",
)  # fmt: skip
_OTHER = 62
_NOBODY = "00000000-0000-0000-0000-000000000000"
_CHECK = "activity_rollups_granularity_check"
_KEY = "ALTER TABLE activity_rollups DROP CONSTRAINT activity_rollups_pkey, ADD PRIMARY KEY"
_OF_KEY = "(granularity, bucket, actor, action)"


def upgrade() -> None:
    op.execute("ALTER TABLE activity_rollups ADD COLUMN features bigint NOT NULL DEFAULT 0")
    op.execute(f"ALTER TABLE activity_rollups DROP CONSTRAINT {_CHECK}")
    op.execute(f"""
        ALTER TABLE activity_rollups ADD CONSTRAINT {_CHECK}
        CHECK (granularity ~ '^((any|all) )?(hour|day|week|month)$')""")
    op.execute(f"""
        UPDATE activity_rollups AS kept SET features = used.features
        FROM (
            SELECT granularity, bucket, actor,
                   bit_or(CAST(1 AS bigint) << coalesce(head.place::integer - 1, {_OTHER})) AS features
            FROM activity_rollups
            LEFT JOIN unnest(ARRAY{list(_HEADS)}) WITH ORDINALITY AS head (name, place)
                ON head.name = split_part(action, '.', 1)
            WHERE granularity IN ('hour', 'day', 'week', 'month')
            GROUP BY granularity, bucket, actor
        ) AS used
        WHERE kept.granularity = 'any ' || used.granularity AND kept.bucket = used.bucket
            AND kept.actor = used.actor""")  # noqa: S608 - words of ours
    op.execute(f"""
        INSERT INTO activity_rollups (granularity, bucket, actor, action, entries, first_at, last_at)
        SELECT 'all ' || granularity, bucket, '{_NOBODY}', action, sum(entries), min(first_at), max(last_at)
        FROM activity_rollups WHERE granularity IN ('hour', 'day', 'week', 'month')
        GROUP BY granularity, bucket, action""")  # noqa: S608 - words of ours
    op.execute(f"{_KEY} {_OF_KEY} INCLUDE (entries, first_at, last_at, features)")


def downgrade() -> None:
    op.execute(f"{_KEY} {_OF_KEY} INCLUDE (entries, first_at, last_at)")
    op.execute("DELETE FROM activity_rollups WHERE granularity LIKE 'all %'")
    op.execute(f"ALTER TABLE activity_rollups DROP CONSTRAINT {_CHECK}")
    op.execute(f"""
        ALTER TABLE activity_rollups ADD CONSTRAINT {_CHECK} CHECK (granularity ~ '^(any )?(hour|day|week|month)$')""")
    op.execute("ALTER TABLE activity_rollups DROP COLUMN features")
