"""API keys, and an index by which the ledger tells what a user has exported lately."""

from alembic import op

revision = "0015_create_api_keys"
down_revision = "0014_create_teams"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE api_keys (
            id uuid PRIMARY KEY,
            prefix text NOT NULL UNIQUE,
            hash bytea NOT NULL CHECK (length(hash) = 32),
            user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            owner_key text NOT NULL,
            name text NOT NULL,
            scopes text[] NOT NULL,
            act_for text[] NOT NULL,
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
            last_used_at timestamptz,
            revoked_at timestamptz
        )""")
    op.execute("CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at DESC)")
    op.execute("""
        CREATE INDEX export_jobs_completed_of_requester ON export_jobs (requester, completed_at DESC)
        WHERE status = 'completed'""")


def downgrade() -> None:
    op.execute("DROP INDEX export_jobs_completed_of_requester")
    op.execute("DROP TABLE api_keys")
