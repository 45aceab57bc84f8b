"""Create the outbox of deliveries."""

from alembic import op

revision = "0002_create_deliveries"
down_revision = "0001_create_export_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE deliveries (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            job_id uuid NOT NULL REFERENCES export_jobs (id) ON DELETE CASCADE,
            channel text NOT NULL,
            address text NOT NULL,
            state text NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'failed')),
            tries integer NOT NULL CHECK (tries >= 0),
            next_try_at timestamptz,
            receipt text,
            last_error text,
            created_at timestamptz NOT NULL,
            settled_at timestamptz,
            UNIQUE (job_id, channel, address)
        )""")
    op.execute("CREATE INDEX deliveries_due ON deliveries (next_try_at) WHERE state IN ('pending', 'sending')")


def downgrade() -> None:
    op.execute("DROP TABLE deliveries")
