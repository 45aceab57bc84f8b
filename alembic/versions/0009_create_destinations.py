"""Destinations, links of messages, notices among the deliveries, and what a user may do and whether they still may."""

from alembic import op

revision = "0009_create_destinations"
down_revision = "0008_name_who_waits_and_works"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE destinations (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            name text NOT NULL,
            channel text NOT NULL,
            address text NOT NULL,
            options jsonb NOT NULL,
            secret_names text[] NOT NULL,
            secrets bytea,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            UNIQUE (user_id, name)
        )""")
    op.execute("""
        ALTER TABLE deliveries
            ALTER COLUMN job_id DROP NOT NULL,
            ADD COLUMN kind text NOT NULL DEFAULT 'result',
            ADD COLUMN occasion text NOT NULL DEFAULT '',
            ADD COLUMN user_id uuid REFERENCES users (id) ON DELETE CASCADE,
            ADD COLUMN destination_id uuid,
            ADD COLUMN about jsonb NOT NULL DEFAULT '{}',
            DROP CONSTRAINT deliveries_job_id_channel_address_key,
            ADD CONSTRAINT deliveries_once
                UNIQUE NULLS NOT DISTINCT (job_id, kind, occasion, channel, address, destination_id, user_id)""")
    op.execute("""
        CREATE TABLE links (
            id uuid PRIMARY KEY,
            delivery_id uuid NOT NULL UNIQUE REFERENCES deliveries (id) ON DELETE CASCADE,
            job_id uuid NOT NULL REFERENCES export_jobs (id) ON DELETE CASCADE,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            opened integer NOT NULL DEFAULT 0 CHECK (opened >= 0),
            last_opened_at timestamptz
        )""")
    op.execute("CREATE INDEX links_job ON links (job_id)")
    op.execute("""
        ALTER TABLE users
            ADD COLUMN permissions text[] NOT NULL DEFAULT '{}',
            ADD COLUMN deactivated_at timestamptz""")
    op.execute("""
        CREATE TABLE telegram_invitations (
            code_hash text PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            expires_at timestamptz NOT NULL
        )""")


def downgrade() -> None:
    op.execute("DROP TABLE telegram_invitations")
    op.execute("ALTER TABLE users DROP COLUMN permissions, DROP COLUMN deactivated_at")
    op.execute("DROP TABLE links")
    op.execute("DELETE FROM deliveries WHERE kind <> 'result' OR destination_id IS NOT NULL OR job_id IS NULL")
    op.execute("""
        ALTER TABLE deliveries
            DROP CONSTRAINT deliveries_once,
            DROP COLUMN kind, DROP COLUMN occasion, DROP COLUMN user_id, DROP COLUMN destination_id, DROP COLUMN about,
            ALTER COLUMN job_id SET NOT NULL,
            ADD CONSTRAINT deliveries_job_id_channel_address_key UNIQUE (job_id, channel, address)""")
    op.execute("DROP TABLE destinations")
