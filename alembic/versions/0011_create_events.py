"""Events, the batches they came in, and the metrics rolled up from them."""

from alembic import op

revision = "0011_create_events"
down_revision = "0010_create_schedules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is new is what stands in a batch that has not been rolled up: unlike a sequence or a time, that is exact,
    # whichever of two transactions began first.
    op.execute("""
        CREATE TABLE event_batches (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            tenant text NOT NULL,
            received_at timestamptz NOT NULL,
            events integer NOT NULL CHECK (events > 0),
            rolled_up_at timestamptz
        )""")
    op.execute("CREATE INDEX event_batches_new ON event_batches (id) WHERE rolled_up_at IS NULL")
    # A month's partition is made before its first event, and dropped as a whole.
    op.execute("""
        CREATE TABLE analytics_events (
            tenant text NOT NULL,
            id text NOT NULL,
            batch_id bigint NOT NULL,
            event_type text NOT NULL,
            category text NOT NULL,
            label text NOT NULL,
            value numeric,
            occurred_at timestamptz NOT NULL,
            campaign text NOT NULL,
            customer text NOT NULL,
            metadata jsonb NOT NULL
        ) PARTITION BY RANGE (occurred_at)""")
    op.execute("CREATE INDEX analytics_events_of_batch ON analytics_events (batch_id)")
    op.execute("CREATE INDEX analytics_events_of_tenant ON analytics_events (tenant, occurred_at)")
    # Unique over all months, which an index of a partitioned table cannot be without the month in it.
    op.execute("""
        CREATE TABLE event_ids (
            tenant text NOT NULL,
            id text NOT NULL,
            occurred_at timestamptz NOT NULL,
            PRIMARY KEY (tenant, id)
        )""")
    # Minutes whose events were changed after they came; they are rolled up anew.
    op.execute("""
        CREATE TABLE stale_minutes (
            tenant text NOT NULL,
            minute timestamptz NOT NULL,
            PRIMARY KEY (tenant, minute)
        )""")
    # Customers one of whose events was changed after it came; their journeys are told anew.
    op.execute("""
        CREATE TABLE stale_customers (
            tenant text NOT NULL,
            customer text NOT NULL,
            PRIMARY KEY (tenant, customer)
        )""")
    # Dimensions may be longer than an index takes, so their digest stands in the key.
    op.execute("""
        CREATE TABLE metric_rollups (
            tenant text NOT NULL,
            metric text NOT NULL,
            granularity text NOT NULL CHECK (granularity IN ('minute', 'hour', 'day')),
            bucket timestamptz NOT NULL,
            dimensions jsonb NOT NULL,
            count bigint NOT NULL,
            sum numeric,
            min numeric,
            max numeric,
            sketch bytea,
            dimensions_key uuid GENERATED ALWAYS AS (CAST(md5(CAST(dimensions AS text)) AS uuid)) STORED,
            PRIMARY KEY (tenant, metric, granularity, bucket, dimensions_key)
        )""")


def downgrade() -> None:
    op.execute("DROP TABLE metric_rollups, stale_customers, stale_minutes, event_ids, analytics_events, event_batches")
